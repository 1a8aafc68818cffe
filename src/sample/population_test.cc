// The population is valid R4, coherent, and the same for the same seed.
#include "sample/population.h"

#include <gtest/gtest.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "fhir/json.h"
#include "sample/community.h"

namespace vesta::sample {
namespace {

constexpr std::uint64_t kTestPatients = 120;

// Parses resources, and looks into their trees by element names.
class Reading {
 public:
  const fhir::Node* parse(std::string_view text) {
    arena_.reset();
    padded_.assign(text);
    padded_.reserve(text.size() + fhir::kJsonPadding);
    auto result = reader_.read(padded_, arena_);
    if (!result.ok()) {
      ADD_FAILURE() << result.error().message << "\n"
                    << (result.error().issues.empty() ? "" : result.error().issues[0].expression) << ": "
                    << (result.error().issues.empty() ? "" : result.error().issues[0].diagnostics) << "\n"
                    << text;
      return nullptr;
    }
    return result.value();
  }
  // The first node of a dotted path, or null.
  const fhir::Node* at(const fhir::Node& root, std::string_view path) const {
    const fhir::Node* node = &root;
    while (node != nullptr && !path.empty()) {
      const std::string_view name = path.substr(0, path.find('.'));
      path.remove_prefix(std::min(path.size(), name.size() + 1));
      const auto id = fhir::r4().find_name(name);
      node = id ? node->child(*id) : nullptr;
    }
    return node;
  }
  std::string value(const fhir::Node& root, std::string_view path) const {
    const fhir::Node* node = at(root, path);
    return node == nullptr ? "" : std::string(node->value);
  }
  double number(const fhir::Node& root, std::string_view path) const {
    return std::strtod(value(root, path).c_str(), nullptr);
  }
  template <class Visitor>
  void references(const fhir::Node& node, const Visitor& visit) const {
    const std::string_view type = node.type == fhir::kNoType ? "" : fhir::r4().type(node.type).name;
    if (type == "Reference") visit(value(node, "reference"));
    for (const fhir::Node& child : node.children()) references(child, visit);
  }

 private:
  fhir::JsonReader reader_{fhir::r4()};
  fhir::Arena arena_;
  std::string padded_;
};

Options options_of(std::uint64_t patients, std::uint64_t seed = 7) {
  Options options;
  options.seed = seed;
  options.patients = patients;
  return options;
}

std::string name_of(const Entry& entry) {
  return std::string(entry.type) + "/" + std::string(entry.id.view());
}

std::string stream(const Options& options) {
  Population population(options);
  Group group;
  std::string text;
  while (population.next(group)) append_ndjson(group, text);
  return text;
}

TEST(Population, IsValidAndItsReferencesResolve) {
  Population population(options_of(kTestPatients));
  Group group;
  Reading reading;
  std::unordered_set<std::string> known;
  std::map<std::string, int> counts;
  std::size_t total = 0;
  while (population.next(group)) {
    for (const Entry& entry : group.entries) {
      const std::string name = name_of(entry);
      EXPECT_TRUE(known.insert(name).second) << name << " occurs twice";
    }
    for (const Entry& entry : group.entries) {
      const fhir::Node* root = reading.parse(group.resource(entry));
      ASSERT_NE(root, nullptr);
      EXPECT_EQ(fhir::r4().type(root->type).name, entry.type);
      EXPECT_EQ(reading.value(*root, "id"), entry.id.view());
      ++counts[std::string(entry.type)];
      ++total;
      reading.references(*root, [&](const std::string& target) { EXPECT_TRUE(known.contains(target)) << target; });
    }
  }
  const double per_patient = static_cast<double>(total) / kTestPatients;
  EXPECT_GT(per_patient, 150);
  EXPECT_LT(per_patient, 400);
  for (const auto& [type, count] : counts) EXPECT_LE(count, counts["Observation"]) << type;
  for (const char* type : {"Organization",
                           "Practitioner",
                           "PractitionerRole",
                           "Location",
                           "Patient",
                           "Encounter",
                           "Condition",
                           "DiagnosticReport",
                           "MedicationRequest",
                           "MedicationStatement",
                           "MedicationAdministration",
                           "Immunization",
                           "AllergyIntolerance",
                           "Procedure",
                           "CarePlan",
                           "CareTeam",
                           "Goal",
                           "Coverage",
                           "Claim",
                           "ExplanationOfBenefit",
                           "Appointment"}) {
    EXPECT_GT(counts[type], 0) << type;
  }
}

TEST(Population, BundlesReferToTheirOwnEntriesByUrn) {
  Options options = options_of(5);
  options.links = Links::urn;
  Population population(options);
  Group group;
  Reading reading;
  std::unordered_set<std::string> earlier;
  while (population.next(group)) {
    // What is shared is named by type and id, within its own group too.
    if (group.entries.front().type != "Patient") {
      for (const Entry& entry : group.entries) earlier.insert(name_of(entry));
    }
    for (const BundleKind kind : {BundleKind::collection, BundleKind::transaction}) {
      std::string text;
      append_bundle(group, kind, text);
      EXPECT_EQ(text.find('\n'), std::string::npos);
      const fhir::Node* bundle = reading.parse(text);
      ASSERT_NE(bundle, nullptr);
      std::unordered_set<std::string> urns;
      for (const Entry& entry : group.entries) urns.insert("urn:uuid:" + std::string(entry.id.view()));
      reading.references(*bundle, [&](const std::string& target) {
        EXPECT_TRUE(urns.contains(target) || earlier.contains(target)) << target;
      });
      EXPECT_EQ(reading.value(*bundle, "entry.request.method"), kind == BundleKind::transaction ? "PUT" : "");
    }
  }
}

TEST(Population, SameSeedSameBytes) {
  const std::string once = stream(options_of(20));
  EXPECT_EQ(once, stream(options_of(20)));
  EXPECT_NE(once, stream(options_of(20, 8)));
  // A larger population begins with the smaller one.
  EXPECT_EQ(stream(options_of(25)).substr(0, once.size()), once);
}

TEST(Population, OnePatientNeedsNoneBefore) {
  const std::uint64_t wanted = kPatientsPerCommunity + 3;  // of the second community
  Population stream(options_of(wanted + 1));
  Group in_stream;
  Group alone;
  while (stream.next(in_stream)) {
  }
  Population(options_of(wanted + 1)).patient(wanted, alone);
  EXPECT_EQ(in_stream.text, alone.text);
}

TEST(Population, IsEmptyWithoutPatients) {
  Population population(options_of(0));
  Group group;
  EXPECT_TRUE(population.next(group));  // the insurers
  EXPECT_FALSE(population.next(group));
}

// Dates as they are written compare by their bytes, cut to the day.
std::string day(const std::string& text) {
  return text.substr(0, 10);
}

TEST(Population, NothingHappensOutsideALife) {
  Population population(options_of(kTestPatients));
  Group group;
  Reading reading;
  int deaths = 0;
  while (population.next(group)) {
    std::string birth, death = "9999";
    for (const Entry& entry : group.entries) {
      const fhir::Node* root = reading.parse(group.resource(entry));
      ASSERT_NE(root, nullptr);
      if (entry.type == "Patient") {
        birth = reading.value(*root, "birthDate");
        if (const std::string when = day(reading.value(*root, "deceased")); !when.empty()) death = when, ++deaths;
      }
      for (const char* path :
           {"onset", "abatement", "effective", "performed.start", "occurrence", "period.start", "authoredOn"}) {
        const std::string when = day(reading.value(*root, path));
        if (when.empty() || birth.empty()) continue;
        EXPECT_GE(when, birth) << group.resource(entry);
        EXPECT_LE(when, death) << group.resource(entry);
      }
      const std::string abatement = day(reading.value(*root, "abatement"));
      if (!abatement.empty()) {
        EXPECT_LE(day(reading.value(*root, "onset")), abatement);
        EXPECT_EQ(reading.value(*root, "clinicalStatus.coding.code"), "resolved");
      }
    }
  }
  EXPECT_GT(deaths, 0);
}

TEST(Population, AmountsAddUp) {
  Population population(options_of(40));
  Group group;
  Reading reading;
  const auto cents = [&](const fhir::Node& node, std::string_view path) {
    return std::llround(reading.number(node, path) * 100);
  };
  std::size_t explanations = 0;
  while (population.next(group)) {
    std::map<std::string, long long> claims;
    for (const Entry& entry : group.entries) {
      const fhir::Node* root = reading.parse(group.resource(entry));
      ASSERT_NE(root, nullptr);
      if (entry.type != "Claim" && entry.type != "ExplanationOfBenefit") continue;
      std::map<std::string, long long> lines, totals;
      long long net = 0;
      for (const fhir::Node& child : root->children()) {
        const std::string_view name = fhir::r4().name(child.name);
        if (name == "item") {
          net += cents(child, "net.value");
          for (const fhir::Node& part : child.children()) {
            if (fhir::r4().name(part.name) == "adjudication") {
              lines[reading.value(part, "category.coding.code")] += cents(part, "amount.value");
            }
          }
        } else if (name == "total" && entry.type == "ExplanationOfBenefit") {
          totals[reading.value(child, "category.coding.code")] = cents(child, "amount.value");
        }
      }
      if (entry.type == "Claim") {
        EXPECT_EQ(cents(*root, "total.value"), net);
        claims["Claim/" + std::string(entry.id.view())] = net;
        continue;
      }
      ++explanations;
      EXPECT_EQ(lines, totals);
      EXPECT_EQ(totals["submitted"], claims.at(reading.value(*root, "claim.reference")));
      EXPECT_EQ(totals["eligible"], totals["deductible"] + totals["copay"] + totals["benefit"]);
      EXPECT_EQ(totals["benefit"], cents(*root, "payment.amount.value"));
    }
  }
  EXPECT_GT(explanations, 500u);
}

TEST(Population, MeasurementsLookLikeMedicine) {
  Population population(options_of(400));
  Group group;
  Reading reading;
  double diabetic_sum = 0, other_sum = 0, pressure_sum = 0;
  int diabetic = 0, other = 0, body = 0, fats = 0, pressures = 0;
  while (population.next(group)) {
    bool has_diabetes = false;
    std::map<std::string, double> last;  // by LOINC code: the values of one panel stand together
    for (const Entry& entry : group.entries) {
      if (entry.type != "Observation" && entry.type != "Condition") continue;
      const fhir::Node* root = reading.parse(group.resource(entry));
      ASSERT_NE(root, nullptr);
      const std::string code = reading.value(*root, "code.coding.code");
      has_diabetes = has_diabetes || code == "44054006";
      if (code == "85354-9") {
        pressure_sum += reading.number(*root, "component.value.value");
        ++pressures;
      }
      if (entry.type != "Observation" || reading.at(*root, "value.value") == nullptr) continue;
      const double value = last[code] = reading.number(*root, "value.value");
      EXPECT_EQ(reading.value(*root, "value.system"), "http://unitsofmeasure.org");
      EXPECT_GE(value, 0) << group.resource(entry);
      if (code == "39156-5") {
        EXPECT_NEAR(value, last["29463-7"] * 10'000 / (last["8302-2"] * last["8302-2"]), 0.06);
        EXPECT_GT(value, 11);
        EXPECT_LT(value, 60);
        ++body;
      }
      if (code == "13457-7") {
        EXPECT_NEAR(value, last["2093-3"] - last["2085-9"] - last["2571-8"] / 5, 0.6);
        ++fats;
      }
      if (code == "4548-4") (has_diabetes ? diabetic_sum : other_sum) += value, ++(has_diabetes ? diabetic : other);
    }
  }
  ASSERT_GT(diabetic, 50);
  ASSERT_GT(other, 50);
  EXPECT_GT(body, 500);
  EXPECT_GT(fats, 300);
  EXPECT_GT(diabetic_sum / diabetic, 6.5);
  EXPECT_LT(other_sum / other, 6.2);
  EXPECT_NEAR(pressure_sum / pressures, 122, 14);
}

}  // namespace
}  // namespace vesta::sample
