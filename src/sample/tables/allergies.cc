// The table of allergies.
#include "sample/tables/allergies.h"

namespace vesta::sample {
namespace {

constexpr Code kUrticaria = snomed("126485001", "Urticaria (disorder)");
constexpr Code kRash = snomed("271807003", "Eruption of skin (disorder)");
constexpr Code kAnaphylaxis = snomed("39579001", "Anaphylaxis (disorder)");
constexpr Code kSneezing = snomed("76067001", "Sneezing (finding)");
constexpr Code kWheezing = snomed("56018004", "Wheezing (finding)");
constexpr Code kVomiting = snomed("422400008", "Vomiting (disorder)");

constexpr AllergyFacts kAllergyTable[] = {
    {snomed("419474003", "Allergy to mould (finding)"), "environment", false, kSneezing, 12},
    {snomed("232350006", "House dust mite allergy (finding)"), "environment", false, kSneezing, 16},
    {snomed("232347008", "Dander (animal) allergy (finding)"), "environment", false, kWheezing, 14},
    {snomed("418689008", "Allergy to grass pollen (finding)"), "environment", false, kSneezing, 18},
    {snomed("419263009", "Allergy to tree pollen (finding)"), "environment", false, kSneezing, 18},
    {snomed("424213003", "Allergy to bee venom (finding)"), "environment", true, kAnaphylaxis, 4},
    {snomed("91935009", "Allergy to peanuts (finding)"), "food", true, kAnaphylaxis, 8},
    {snomed("91934008", "Allergy to nut (finding)"), "food", true, kUrticaria, 5},
    {snomed("300913006", "Shellfish allergy (finding)"), "food", true, kUrticaria, 8},
    {snomed("425525006", "Allergy to dairy product (finding)"), "food", false, kVomiting, 7},
    {snomed("91930004", "Allergy to eggs (finding)"), "food", false, kRash, 5},
    {snomed("91936005", "Allergy to penicillin (finding)"), "medication", true, kRash, 16},
    {snomed("300916003", "Latex allergy (finding)"), "environment", false, kRash, 4},
};

}  // namespace

std::span<const AllergyFacts> allergy_table() {
  return kAllergyTable;
}

}  // namespace vesta::sample
