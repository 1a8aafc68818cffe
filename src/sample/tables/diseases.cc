// The tables of diseases: plausible frequencies and ages, not epidemiology.
#include "sample/tables/diseases.h"

namespace vesta::sample {
namespace procedures {

const ProcedureFacts kMedicationReconciliation = {snomed("430193006", "Medication reconciliation (procedure)"), 15,
                                                  4'500};
const ProcedureFacts kDepressionScreening = {snomed("171207006", "Depression screening (procedure)"), 10, 2'800};
const ProcedureFacts kColonoscopy = {snomed("73761001", "Colonoscopy (procedure)"), 60, 184'000};
const ProcedureFacts kMammography = {snomed("71651007", "Mammography (procedure)"), 30, 26'500};
const ProcedureFacts kBoneDensity = {snomed("312681000", "Bone density scan (procedure)"), 20, 17'800};
const ProcedureFacts kSpirometry = {snomed("127783003", "Spirometry (procedure)"), 20, 8'900};
const ProcedureFacts kEchocardiography = {snomed("40701008", "Echocardiography (procedure)"), 40, 98'000};
const ProcedureFacts kFootExamination = {snomed("401191002", "Diabetic foot examination (regime/therapy)"), 10, 3'600};

}  // namespace procedures
namespace {

const ProcedureFacts kChestXRay = {snomed("399208008", "Plain chest X-ray (procedure)"), 15, 12'400};
const ProcedureFacts kAnkleXRay = {snomed("19490002", "Ankle X-ray (procedure)"), 15, 11'200};
const ProcedureFacts kSuture = {snomed("288086009", "Suture open wound (procedure)"), 30, 38'500};
const ProcedureFacts kImmobilization = {snomed("274474001", "Bone immobilization (procedure)"), 45, 46'000};
const ProcedureFacts kAppendectomy = {snomed("80146002", "Appendectomy (procedure)"), 70, 1'385'000};
const ProcedureFacts kCholecystectomy = {snomed("38102005", "Cholecystectomy (procedure)"), 80, 1'240'000};
const ProcedureFacts kIntervention = {snomed("415070008", "Percutaneous coronary intervention (procedure)"), 75,
                                      2'690'000};
const ProcedureFacts kThroatCulture = {snomed("117015009", "Throat culture (procedure)"), 5, 3'900};
const ProcedureFacts kWoundCare = {snomed("225358003", "Wound care (regime/therapy)"), 20, 9'800};

constexpr Drug kDiabetesDrugs[] = {drugs::kMetformin, drugs::kInsulin};
constexpr Drug kHypertensionDrugs[] = {drugs::kLisinopril, drugs::kHydrochlorothiazide, drugs::kAmlodipine};
constexpr Drug kLipidDrugs[] = {drugs::kSimvastatin};
constexpr Drug kCoronaryDrugs[] = {drugs::kClopidogrel, drugs::kNitroglycerin};
constexpr Drug kFailureDrugs[] = {drugs::kDigoxin};
constexpr Drug kFibrillationDrugs[] = {drugs::kWarfarin};
constexpr Drug kAsthmaDrugs[] = {drugs::kAlbuterol, drugs::kFluticasone};
constexpr Drug kCopdDrugs[] = {drugs::kFluticasoneSalmeterol, drugs::kAlbuterol};
constexpr Drug kThyroidDrugs[] = {drugs::kLevothyroxine};
constexpr Drug kMoodDrugs[] = {drugs::kSertraline};
constexpr Drug kJointDrugs[] = {drugs::kNaproxen};
constexpr Drug kBoneDrugs[] = {drugs::kAlendronate};
constexpr Drug kGoutDrugs[] = {drugs::kAllopurinol};
constexpr Drug kMigraineDrugs[] = {drugs::kIbuprofen};
constexpr Drug kRhinitisDrugs[] = {drugs::kLoratadine, drugs::kFexofenadine};
constexpr Drug kSkinDrugs[] = {drugs::kHydrocortisone};
constexpr Drug kAnemiaDrugs[] = {drugs::kFerrousSulfate};
constexpr Drug kDementiaDrugs[] = {drugs::kGalantamine};

const DiseaseFacts kDiseaseTable[] = {
    {Disease::obesity,
     snomed("414916001", "Obesity (disorder)"),
     icd10("E66.9", "Obesity, unspecified"),
     0,
     40,
     12,
     18,
     0,
     Who::everyone,
     {}},
    {Disease::prediabetes,
     snomed("15777000", "Prediabetes (finding)"),
     icd10("R73.03", "Prediabetes"),
     0.34,
     46,
     11,
     25,
     12,
     Who::everyone,
     {}},
    {Disease::diabetes, snomed("44054006", "Diabetes mellitus type 2 (disorder)"),
     icd10("E11.9", "Type 2 diabetes mellitus without complications"), 0, 52, 10, 30, 4, Who::everyone, kDiabetesDrugs},
    {Disease::hypertension, snomed("59621000", "Essential hypertension (disorder)"),
     icd10("I10", "Essential (primary) hypertension"), 0.46, 50, 12, 25, 6, Who::everyone, kHypertensionDrugs},
    {Disease::hyperlipidemia, snomed("55822004", "Hyperlipidemia (disorder)"),
     icd10("E78.5", "Hyperlipidemia, unspecified"), 0.36, 48, 11, 25, 12, Who::everyone, kLipidDrugs},
    {Disease::coronary, snomed("53741008", "Coronary arteriosclerosis (disorder)"),
     icd10("I25.10", "Atherosclerotic heart disease of native coronary artery without angina pectoris"), 0.10, 64, 9,
     40, 6, Who::men, kCoronaryDrugs},
    {Disease::heart_failure, snomed("84114007", "Heart failure (disorder)"),
     icd10("I50.9", "Heart failure, unspecified"), 0.04, 72, 8, 50, 4, Who::everyone, kFailureDrugs},
    {Disease::atrial_fibrillation, snomed("49436004", "Atrial fibrillation (disorder)"),
     icd10("I48.91", "Unspecified atrial fibrillation"), 0.07, 70, 9, 45, 6, Who::everyone, kFibrillationDrugs},
    {Disease::kidney,
     snomed("433144002", "Chronic kidney disease stage 3 (disorder)"),
     icd10("N18.30", "Chronic kidney disease, stage 3 unspecified"),
     0.04,
     67,
     9,
     45,
     6,
     Who::everyone,
     {}},
    {Disease::asthma, snomed("195967001", "Asthma (disorder)"), icd10("J45.909", "Unspecified asthma, uncomplicated"),
     0.10, 9, 7, 2, 12, Who::everyone, kAsthmaDrugs},
    {Disease::copd, snomed("13645005", "Chronic obstructive pulmonary disease (disorder)"),
     icd10("J44.9", "Chronic obstructive pulmonary disease, unspecified"), 0.03, 62, 8, 45, 6, Who::everyone,
     kCopdDrugs},
    {Disease::hypothyroidism, snomed("40930008", "Hypothyroidism (disorder)"),
     icd10("E03.9", "Hypothyroidism, unspecified"), 0.10, 48, 14, 20, 12, Who::women, kThyroidDrugs},
    {Disease::depression, snomed("35489007", "Depressive disorder (disorder)"),
     icd10("F32.A", "Depression, unspecified"), 0.14, 34, 13, 14, 6, Who::everyone, kMoodDrugs},
    {Disease::anxiety, snomed("197480006", "Anxiety disorder (disorder)"),
     icd10("F41.9", "Anxiety disorder, unspecified"), 0.12, 31, 12, 14, 12, Who::women, kMoodDrugs},
    {Disease::osteoarthritis, snomed("396275006", "Osteoarthritis (disorder)"),
     icd10("M19.90", "Unspecified osteoarthritis, unspecified site"), 0.30, 60, 9, 40, 12, Who::everyone, kJointDrugs},
    {Disease::osteoporosis, snomed("64859006", "Osteoporosis (disorder)"),
     icd10("M81.0", "Age-related osteoporosis without current pathological fracture"), 0.24, 68, 7, 50, 12, Who::women,
     kBoneDrugs},
    {Disease::gout, snomed("90560007", "Gout (disorder)"), icd10("M10.9", "Gout, unspecified"), 0.06, 54, 11, 30, 12,
     Who::men, kGoutDrugs},
    {Disease::migraine, snomed("37796009", "Migraine (disorder)"),
     icd10("G43.909", "Migraine, unspecified, not intractable, without status migrainosus"), 0.14, 22, 8, 10, 12,
     Who::women, kMigraineDrugs},
    {Disease::rhinitis, snomed("61582004", "Allergic rhinitis (disorder)"),
     icd10("J30.9", "Allergic rhinitis, unspecified"), 0.16, 11, 8, 3, 12, Who::everyone, kRhinitisDrugs},
    {Disease::dermatitis, snomed("24079001", "Atopic dermatitis (disorder)"),
     icd10("L20.9", "Atopic dermatitis, unspecified"), 0.08, 3, 3, 0.3, 0, Who::everyone, kSkinDrugs},
    {Disease::anemia, snomed("271737000", "Anemia (disorder)"), icd10("D64.9", "Anemia, unspecified"), 0.09, 42, 18, 12,
     12, Who::women, kAnemiaDrugs},
    {Disease::alzheimers, snomed("26929004", "Alzheimer's disease (disorder)"),
     icd10("G30.9", "Alzheimer's disease, unspecified"), 0.12, 80, 6, 62, 6, Who::everyone, kDementiaDrugs},
};
static_assert(std::size(kDiseaseTable) == kDiseases);

const IllnessFacts kIllnesses[] = {
    {snomed("444814009", "Viral sinusitis (disorder)"), icd10("J01.90", "Acute sinusitis, unspecified"), 14, 22, 12,
     Setting::ambulatory, 7, 20, false, true, nullptr, nullptr},
    {snomed("195662009", "Acute viral pharyngitis (disorder)"), icd10("J02.9", "Acute pharyngitis, unspecified"), 20,
     16, 8, Setting::ambulatory, 6, 14, true, true, &drugs::kAcetaminophen, nullptr},
    {snomed("43878008", "Streptococcal sore throat (disorder)"), icd10("J02.0", "Streptococcal pharyngitis"), 12, 5, 1,
     Setting::ambulatory, 7, 12, true, true, &drugs::kPenicillin, &kThroatCulture},
    {snomed("65363002", "Otitis media (disorder)"), icd10("H66.90", "Otitis media, unspecified, unspecified ear"), 22,
     2, 1, Setting::ambulatory, 7, 16, true, true, &drugs::kAmoxicillin, nullptr},
    {snomed("10509002", "Acute bronchitis (disorder)"), icd10("J20.9", "Acute bronchitis, unspecified"), 8, 16, 16,
     Setting::ambulatory, 7, 21, false, true, &drugs::kAcetaminophen, &kChestXRay},
    {snomed("6142004", "Influenza (disorder)"),
     icd10("J11.1", "Influenza due to unidentified influenza virus with other respiratory manifestations"), 10, 8, 8,
     Setting::urgent, 6, 14, true, true, &drugs::kAcetaminophen, nullptr},
    {snomed("75498004", "Acute bacterial sinusitis (disorder)"), icd10("J01.90", "Acute sinusitis, unspecified"), 4, 7,
     5, Setting::ambulatory, 10, 24, true, true, &drugs::kAmoxicillinClavulanate, nullptr},
    {snomed("38822007", "Cystitis (disorder)"), icd10("N30.90", "Cystitis, unspecified without hematuria"), 2, 9, 12,
     Setting::ambulatory, 5, 10, false, false, &drugs::kNitrofurantoin, nullptr},
    {snomed("44465007", "Sprain of ankle (disorder)"),
     icd10("S93.409A", "Sprain of unspecified ligament of unspecified ankle, initial encounter"), 6, 7, 2,
     Setting::urgent, 14, 35, false, false, &drugs::kIbuprofen, &kAnkleXRay},
    {snomed("70704007", "Sprain of wrist (disorder)"),
     icd10("S63.509A", "Unspecified sprain of unspecified wrist, initial encounter"), 4, 4, 2, Setting::urgent, 10, 28,
     false, false, &drugs::kIbuprofen, nullptr},
    {snomed("283371005", "Laceration of forearm (disorder)"),
     icd10("S51.819A", "Laceration without foreign body of unspecified forearm, initial encounter"), 4, 5, 3,
     Setting::emergency, 10, 21, false, false, &drugs::kAcetaminophen, &kSuture},
    {snomed("403190006", "First degree burn (disorder)"),
     icd10("T30.0", "Burn of unspecified body region, unspecified degree"), 2, 2, 1, Setting::emergency, 7, 21, false,
     false, &drugs::kAcetaminophen, &kWoundCare},
    {snomed("65966004", "Fracture of forearm (disorder)"),
     icd10("S52.90XA", "Unspecified fracture of unspecified forearm, initial encounter for closed fracture"), 5, 2, 3,
     Setting::emergency, 42, 84, false, false, &drugs::kOxycodone, &kImmobilization},
    {snomed("62106007", "Concussion with no loss of consciousness (disorder)"),
     icd10("S06.0X0A", "Concussion without loss of consciousness, initial encounter"), 3, 2, 3, Setting::emergency, 14,
     35, false, false, &drugs::kAcetaminophen, nullptr},
    {snomed("39848009", "Whiplash injury to neck (disorder)"),
     icd10("S13.4XXA", "Sprain of ligaments of cervical spine, initial encounter"), 0, 3, 1, Setting::emergency, 21, 60,
     false, false, &drugs::kNaproxen, nullptr},
    {snomed("233604007", "Pneumonia (disorder)"), icd10("J18.9", "Pneumonia, unspecified organism"), 2, 2, 10,
     Setting::inpatient, 14, 30, true, true, &drugs::kCefuroxime, &kChestXRay},
    {snomed("74400008", "Appendicitis (disorder)"), icd10("K37", "Unspecified appendicitis"), 1, 1, 0,
     Setting::inpatient, 10, 21, true, false, &drugs::kOxycodone, &kAppendectomy},
    {snomed("235919008", "Cholelithiasis (disorder)"),
     icd10("K80.20", "Calculus of gallbladder without cholecystitis without obstruction"), 0, 1, 2, Setting::inpatient,
     14, 28, false, false, &drugs::kOxycodone, &kCholecystectomy},
    {snomed("22298006", "Myocardial infarction (disorder)"), icd10("I21.9", "Acute myocardial infarction, unspecified"),
     0, 0, 4, Setting::inpatient, 20, 40, false, false, &drugs::kClopidogrel, &kIntervention},
    {snomed("230690007", "Cerebrovascular accident (disorder)"), icd10("I63.9", "Cerebral infarction, unspecified"), 0,
     0, 3, Setting::inpatient, 30, 90, false, false, &drugs::kAlteplase, nullptr},
};

}  // namespace

std::span<const DiseaseFacts> disease_table() {
  return kDiseaseTable;
}
std::span<const IllnessFacts> illness_table() {
  return kIllnesses;
}

}  // namespace vesta::sample
