// Drugs: what is prescribed, how it is taken, and what it costs.
#pragma once

#include <cstdint>
#include <string_view>

#include "sample/codes.h"

namespace vesta::sample {

struct Drug {
  Code code;
  std::string_view dosage;  // the instruction's text
  int per_day;              // doses; 0: as needed
  int dose;                 // units of `unit` each time
  std::string_view unit;    // UCUM annotation: {tablet}
  std::string_view route;   // SNOMED CT code
  std::string_view route_name;
  int supply_days;
  std::int64_t cents;  // for one supply
};

namespace drugs {

inline constexpr std::string_view kOral = "26643006";
inline constexpr std::string_view kOralName = "Oral route";

constexpr Drug tablet(std::string_view code, std::string_view display, std::string_view dosage, int per_day, int days,
                      std::int64_t cents) {
  return {rxnorm(code, display), dosage, per_day, 1, "{tablet}", kOral, kOralName, days, cents};
}

inline constexpr Drug kMetformin = tablet("860975", "24 HR Metformin hydrochloride 500 MG Extended Release Oral Tablet",
                                          "Take 1 tablet twice daily with meals", 2, 90, 1'480);
inline constexpr Drug kInsulin = {
    rxnorm("106892",
           "insulin human, isophane 70 UNT/ML / Regular Insulin, Human 30 UNT/ML Injectable Suspension [Humulin]"),
    "Inject 20 units under the skin before breakfast and before dinner",
    2,
    20,
    "[iU]",
    "34206005",
    "Subcutaneous route",
    30,
    14'250};
inline constexpr Drug kLisinopril =
    tablet("314076", "Lisinopril 10 MG Oral Tablet", "Take 1 tablet once daily", 1, 90, 920);
inline constexpr Drug kAmlodipine =
    tablet("197361", "Amlodipine 5 MG Oral Tablet", "Take 1 tablet once daily", 1, 90, 1'010);
inline constexpr Drug kHydrochlorothiazide =
    tablet("310798", "Hydrochlorothiazide 25 MG Oral Tablet", "Take 1 tablet every morning", 1, 90, 760);
inline constexpr Drug kSimvastatin =
    tablet("312961", "Simvastatin 20 MG Oral Tablet", "Take 1 tablet every evening", 1, 90, 1'230);
inline constexpr Drug kClopidogrel =
    tablet("309362", "Clopidogrel 75 MG Oral Tablet", "Take 1 tablet once daily", 1, 90, 1'890);
inline constexpr Drug kWarfarin =
    tablet("855332", "Warfarin Sodium 5 MG Oral Tablet", "Take 1 tablet once daily, as directed by INR", 1, 90, 1'150);
inline constexpr Drug kNitroglycerin = {rxnorm("705129", "Nitroglycerin 0.4 MG/ACTUAT Mucosal Spray"),
                                        "One spray under the tongue for chest pain, at most 3 times in 15 minutes",
                                        0,
                                        1,
                                        "{spray}",
                                        "37839007",
                                        "Sublingual route",
                                        90,
                                        8'840};
inline constexpr Drug kFluticasone = {
    rxnorm("895994", "120 ACTUAT Fluticasone propionate 0.044 MG/ACTUAT Metered Dose Inhaler"),
    "Inhale 2 puffs twice daily",
    2,
    2,
    "{puff}",
    "447694001",
    "Respiratory tract route",
    30,
    17'620};
inline constexpr Drug kAlbuterol = {
    rxnorm("2123111", "NDA020503 200 ACTUAT Albuterol 0.09 MG/ACTUAT Metered Dose Inhaler"),
    "Inhale 2 puffs every 4 hours as needed for wheezing",
    0,
    2,
    "{puff}",
    "447694001",
    "Respiratory tract route",
    90,
    5'430};
inline constexpr Drug kFluticasoneSalmeterol = {
    rxnorm("896209", "60 ACTUAT Fluticasone propionate 0.25 MG/ACTUAT / salmeterol 0.05 MG/ACTUAT Dry Powder Inhaler"),
    "Inhale 1 dose twice daily",
    2,
    1,
    "{puff}",
    "447694001",
    "Respiratory tract route",
    30,
    26'300};
inline constexpr Drug kLevothyroxine = tablet("966222", "Levothyroxine Sodium 0.075 MG Oral Tablet",
                                              "Take 1 tablet every morning on an empty stomach", 1, 90, 1'340);
inline constexpr Drug kSertraline =
    tablet("312941", "Sertraline 50 MG Oral Tablet", "Take 1 tablet once daily", 1, 90, 1'360);
inline constexpr Drug kAlendronate = tablet("904419", "Alendronic acid 10 MG Oral Tablet",
                                            "Take 1 tablet every morning with a full glass of water", 1, 90, 1'770);
inline constexpr Drug kNaproxen = tablet("849574", "Naproxen sodium 220 MG Oral Tablet",
                                         "Take 1 tablet every 12 hours with food, as needed for pain", 0, 30, 890);
inline constexpr Drug kIbuprofen = tablet("310965", "Ibuprofen 200 MG Oral Tablet",
                                          "Take 1 tablet every 6 hours with food, as needed for pain", 0, 10, 640);
inline constexpr Drug kAcetaminophen = tablet("313782", "Acetaminophen 325 MG Oral Tablet",
                                              "Take 1 tablet every 6 hours, as needed for pain or fever", 0, 10, 520);
inline constexpr Drug kAcetaminophenChild = tablet("313820", "Acetaminophen 160 MG Chewable Tablet",
                                                   "Chew 1 tablet every 6 hours, as needed for fever", 0, 5, 610);
inline constexpr Drug kOxycodone = tablet("1049221", "Acetaminophen 325 MG / Oxycodone Hydrochloride 5 MG Oral Tablet",
                                          "Take 1 tablet every 6 hours, as needed for severe pain", 0, 5, 2'120);
inline constexpr Drug kAmoxicillin =
    tablet("308192", "Amoxicillin 500 MG Oral Tablet", "Take 1 tablet three times daily for 10 days", 3, 10, 1'240);
inline constexpr Drug kAmoxicillinClavulanate = tablet("562251", "Amoxicillin 250 MG / Clavulanate 125 MG Oral Tablet",
                                                       "Take 1 tablet three times daily for 10 days", 3, 10, 2'860);
inline constexpr Drug kPenicillin = tablet("834061", "Penicillin V Potassium 250 MG Oral Tablet",
                                           "Take 1 tablet four times daily for 10 days", 4, 10, 1'420);
inline constexpr Drug kCefuroxime =
    tablet("309097", "Cefuroxime 250 MG Oral Tablet", "Take 1 tablet twice daily for 7 days", 2, 7, 3'310);
inline constexpr Drug kNitrofurantoin = {rxnorm("311989", "Nitrofurantoin 5 MG/ML Oral Suspension"),
                                         "Take 20 mL four times daily with food for 5 days",
                                         4,
                                         20,
                                         "mL",
                                         kOral,
                                         kOralName,
                                         5,
                                         4'120};
inline constexpr Drug kLoratadine =
    tablet("665078", "Loratadine 5 MG Chewable Tablet", "Chew 2 tablets once daily", 1, 30, 980);
inline constexpr Drug kFexofenadine =
    tablet("997501", "Fexofenadine hydrochloride 60 MG Oral Tablet", "Take 1 tablet twice daily", 2, 30, 1'190);
inline constexpr Drug kHydrocortisone = {rxnorm("106258", "Hydrocortisone 10 MG/ML Topical Cream"),
                                         "Apply thinly to the affected skin twice daily",
                                         2,
                                         1,
                                         "{application}",
                                         "6064005",
                                         "Topical route",
                                         30,
                                         730};
inline constexpr Drug kAllopurinol =
    tablet("197319", "Allopurinol 100 MG Oral Tablet", "Take 1 tablet once daily", 1, 90, 1'020);
inline constexpr Drug kFerrousSulfate =
    tablet("310325", "ferrous sulfate 325 MG Oral Tablet", "Take 1 tablet once daily", 1, 90, 680);
inline constexpr Drug kEpinephrine = {rxnorm("1870230", "NDA020800 0.3 ML Epinephrine 1 MG/ML Auto-Injector"),
                                      "Inject into the outer thigh in case of a severe allergic reaction",
                                      0,
                                      1,
                                      "{injection}",
                                      "78421000",
                                      "Intramuscular route",
                                      365,
                                      31'000};
inline constexpr Drug kAlteplase = {rxnorm("1804799", "Alteplase 100 MG Injection"),
                                    "100 mg intravenously, once",
                                    1,
                                    100,
                                    "mg",
                                    "47625008",
                                    "Intravenous route",
                                    1,
                                    680'000};
inline constexpr Drug kGalantamine =
    tablet("310436", "Galantamine 4 MG Oral Tablet", "Take 1 tablet twice daily with meals", 2, 90, 5'900);
inline constexpr Drug kDigoxin =
    tablet("197604", "Digoxin 0.125 MG Oral Tablet", "Take 1 tablet once daily", 1, 90, 1'410);

}  // namespace drugs
}  // namespace vesta::sample
