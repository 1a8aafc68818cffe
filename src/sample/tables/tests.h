// Laboratory tests and vital signs: LOINC codes, UCUM units and reference ranges.
#pragma once

#include "sample/codes.h"

namespace vesta::sample {

// A measured quantity. A reference range of [0, 0] is none.
struct Test {
  Code code;
  std::string_view unit;
  std::string_view ucum;
  int digits;
  double low;
  double high;
};

namespace vitals {
inline constexpr Test kHeight = {loinc("8302-2", "Body Height"), "cm", "cm", 1, 0, 0};
inline constexpr Test kWeight = {loinc("29463-7", "Body Weight"), "kg", "kg", 1, 0, 0};
inline constexpr Test kBmi = {loinc("39156-5", "Body mass index (BMI) [Ratio]"), "kg/m2", "kg/m2", 1, 18.5, 24.9};
inline constexpr Test kHead = {loinc("9843-4", "Head Occipital-frontal circumference"), "cm", "cm", 1, 0, 0};
inline constexpr Test kHeartRate = {loinc("8867-4", "Heart rate"), "beats/minute", "/min", 0, 60, 100};
inline constexpr Test kRespiration = {loinc("9279-1", "Respiratory rate"), "breaths/minute", "/min", 0, 12, 20};
inline constexpr Test kTemperature = {loinc("8310-5", "Body temperature"), "degrees C", "Cel", 1, 36.1, 37.5};
inline constexpr Test kOxygen = {loinc("2708-6", "Oxygen saturation in Arterial blood"), "%", "%", 0, 95, 100};
inline constexpr Test kSystolic = {loinc("8480-6", "Systolic blood pressure"), "mmHg", "mm[Hg]", 0, 0, 0};
inline constexpr Test kDiastolic = {loinc("8462-4", "Diastolic blood pressure"), "mmHg", "mm[Hg]", 0, 0, 0};
inline constexpr Code kBloodPressure = loinc("85354-9", "Blood pressure panel with all children optional");
inline constexpr Test kPain = {
    loinc("72514-3", "Pain severity - 0-10 verbal numeric rating [Score] - Reported"), "score", "{score}", 0, 0, 0};
inline constexpr Code kSmoking = loinc("72166-2", "Tobacco smoking status");
inline constexpr Test kPhq2 = {loinc("55758-7", "Patient Health Questionnaire 2 item (PHQ-2) total score [Reported]"),
                               "score",
                               "{score}",
                               0,
                               0,
                               2};
inline constexpr Test kPhq9 = {loinc("44261-6", "Patient Health Questionnaire 9 item (PHQ-9) total score [Reported]"),
                               "score",
                               "{score}",
                               0,
                               0,
                               4};
}  // namespace vitals

namespace labs {
inline constexpr Test kGlucose = {
    loinc("2345-7", "Glucose [Mass/volume] in Serum or Plasma"), "mg/dL", "mg/dL", 0, 70, 99};
inline constexpr Test kA1c = {loinc("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood"), "%", "%", 1, 4.0, 5.6};
inline constexpr Test kUrea = {
    loinc("3094-0", "Urea nitrogen [Mass/volume] in Serum or Plasma"), "mg/dL", "mg/dL", 0, 7, 20};
inline constexpr Test kCreatinine = {
    loinc("2160-0", "Creatinine [Mass/volume] in Serum or Plasma"), "mg/dL", "mg/dL", 2, 0.60, 1.30};
inline constexpr Test kEgfr = {
    loinc("98979-8",
          "Glomerular filtration rate/1.73 sq M.predicted [Volume Rate/Area] in Serum, Plasma or "
          "Blood by Creatinine-based formula (CKD-EPI 2021)"),
    "mL/min/{1.73_m2}",
    "mL/min/{1.73_m2}",
    0,
    60,
    0};
inline constexpr Test kSodium = {
    loinc("2951-2", "Sodium [Moles/volume] in Serum or Plasma"), "mmol/L", "mmol/L", 0, 136, 145};
inline constexpr Test kPotassium = {
    loinc("2823-3", "Potassium [Moles/volume] in Serum or Plasma"), "mmol/L", "mmol/L", 1, 3.5, 5.1};
inline constexpr Test kChloride = {
    loinc("2075-0", "Chloride [Moles/volume] in Serum or Plasma"), "mmol/L", "mmol/L", 0, 98, 107};
inline constexpr Test kBicarbonate = {
    loinc("2028-9", "Carbon dioxide, total [Moles/volume] in Serum or Plasma"), "mmol/L", "mmol/L", 0, 22, 29};
inline constexpr Test kCalcium = {
    loinc("17861-6", "Calcium [Mass/volume] in Serum or Plasma"), "mg/dL", "mg/dL", 1, 8.6, 10.2};
inline constexpr Code kMetabolicPanel = loinc("24321-2", "Basic metabolic 2000 panel - Serum or Plasma");

inline constexpr Test kCholesterol = {
    loinc("2093-3", "Cholesterol [Mass/volume] in Serum or Plasma"), "mg/dL", "mg/dL", 0, 0, 200};
inline constexpr Test kTriglycerides = {
    loinc("2571-8", "Triglyceride [Mass/volume] in Serum or Plasma"), "mg/dL", "mg/dL", 0, 0, 150};
inline constexpr Test kHdl = {
    loinc("2085-9", "Cholesterol in HDL [Mass/volume] in Serum or Plasma"), "mg/dL", "mg/dL", 0, 40, 0};
inline constexpr Test kLdl = {loinc("13457-7", "Cholesterol in LDL [Mass/volume] in Serum or Plasma by calculation"),
                              "mg/dL",
                              "mg/dL",
                              0,
                              0,
                              130};
inline constexpr Code kLipidPanel = loinc("24331-1", "Lipid 1996 panel - Serum or Plasma");

inline constexpr Test kLeukocytes = {
    loinc("6690-2", "Leukocytes [#/volume] in Blood by Automated count"), "10*3/uL", "10*3/uL", 1, 4.5, 11.0};
inline constexpr Test kErythrocytes = {
    loinc("789-8", "Erythrocytes [#/volume] in Blood by Automated count"), "10*6/uL", "10*6/uL", 2, 3.90, 5.70};
inline constexpr Test kHemoglobin = {loinc("718-7", "Hemoglobin [Mass/volume] in Blood"), "g/dL", "g/dL", 1, 0, 0};
inline constexpr Test kHematocrit = {
    loinc("4544-3", "Hematocrit [Volume Fraction] of Blood by Automated count"), "%", "%", 1, 36.0, 50.0};
inline constexpr Test kMcv = {loinc("787-2", "MCV [Entitic volume] by Automated count"), "fL", "fL", 1, 80.0, 100.0};
inline constexpr Test kMch = {loinc("785-6", "MCH [Entitic mass] by Automated count"), "pg", "pg", 1, 27.0, 33.0};
inline constexpr Test kMchc = {loinc("786-4", "MCHC [Mass/volume] by Automated count"), "g/dL", "g/dL", 1, 32.0, 36.0};
inline constexpr Test kPlatelets = {
    loinc("777-3", "Platelets [#/volume] in Blood by Automated count"), "10*3/uL", "10*3/uL", 0, 150, 400};
inline constexpr Code kBloodCount = loinc("58410-2", "CBC panel - Blood by Automated count");

inline constexpr Test kAlbuminRatio = {
    loinc("14959-1", "Microalbumin/Creatinine [Mass Ratio] in Urine"), "mg/g", "mg/g", 0, 0, 30};
inline constexpr Test kThyrotropin = {
    loinc("3016-3", "Thyrotropin [Units/volume] in Serum or Plasma"), "m[IU]/L", "m[IU]/L", 2, 0.40, 4.50};
inline constexpr Test kFerritin = {
    loinc("2276-4", "Ferritin [Mass/volume] in Serum or Plasma"), "ng/mL", "ng/mL", 0, 15, 200};
inline constexpr Test kUrate = {
    loinc("3084-1", "Urate [Mass/volume] in Serum or Plasma"), "mg/dL", "mg/dL", 1, 3.5, 7.2};
inline constexpr Test kInr = {
    loinc("6301-6", "INR in Platelet poor plasma by Coagulation assay"), "{INR}", "{INR}", 1, 2.0, 3.0};
inline constexpr Test kTroponin = {
    loinc("6598-7", "Troponin T.cardiac [Mass/volume] in Serum or Plasma"), "ug/L", "ug/L", 3, 0, 0.014};
inline constexpr Test kCrp = {
    loinc("1988-5", "C reactive protein [Mass/volume] in Serum or Plasma"), "mg/L", "mg/L", 1, 0, 8.0};
inline constexpr Code kInfluenzaA = loinc("80382-5",
                                          "Influenza virus A Ag [Presence] in Upper respiratory specimen by Rapid "
                                          "immunoassay");
inline constexpr Code kInfluenzaB = loinc("80383-3",
                                          "Influenza virus B Ag [Presence] in Upper respiratory specimen by Rapid "
                                          "immunoassay");
inline constexpr Code kDetected = snomed("260373001", "Detected (qualifier value)");
inline constexpr Code kNotDetected = snomed("260415000", "Not detected (qualifier value)");
}  // namespace labs

}  // namespace vesta::sample
