// Random resources of every type: what is left is one, and no text comes through that is no code.
#include <gtest/gtest.h>

#include <set>

#include "deidentify/test_support.h"
#include "search/random_resource.h"

namespace vesta::deidentify {
namespace {

using search::testing::Dice;
using search::testing::RandomPool;
using search::testing::RandomResource;

// What may be a text that somebody wrote: by the elements, not by the rules.
bool may_be_text(const fhir::Node& owner, const fhir::Node& node) {
  using P = fhir::Primitive;
  const P form = fhir::r4().type(node.type).primitive;
  const bool is_text = form == P::string || form == P::markdown || form == P::xhtml || form == P::url ||
                       form == P::base64_binary || form == P::canonical || form == P::uri || form == P::oid ||
                       form == P::uuid;
  const std::string_view in = fhir::r4().type(owner.type).name, name = fhir::r4().name(node.name);
  const bool is_system = name == "system" || (in == "Reference" && name == "type") || in == "Extension";
  return is_text && !is_system && !(in == "Address" && (name == "state" || name == "country")) && name != "linkId";
}

TEST(RandomResources, stay_resources_and_say_nothing_of_their_own) {
  Dice dice(search::testing::seed_from("VESTA_PROPERTY_SEED"));
  RandomPool pool;
  for (const fhir::Type& each : fhir::r4().types()) {
    if (const auto id = fhir::r4().find_resource_type(each.name)) pool.types.push_back(*id);
  }
  RandomResource resources(fhir::r4(), pool, dice);
  const Deidentifier deidentifier = testing::deidentifier();
  const Deidentifier other = testing::deidentifier(testing::kOtherKey);
  std::size_t kept = 0;
  for (const fhir::TypeId type : pool.types) {
    for (std::uint64_t i = 0; i < std::max<std::uint64_t>(1, 20 / search::testing::kSlowness); ++i) {
      testing::Parsed in(resources.json(type, RandomPool::id(static_cast<int>(i))));
      ASSERT_NE(in.root, nullptr) << in.problem;
      const std::string text = testing::json_of(*deidentifier.apply(*in.root, testing::now(), in.arena));
      EXPECT_EQ(text, testing::json_of(*deidentifier.apply(*in.root, testing::now(), in.arena)));
      EXPECT_NE(text, testing::json_of(*other.apply(*in.root, testing::now(), in.arena)));
      const testing::Parsed out(text);
      ASSERT_NE(out.root, nullptr) << out.problem << "\n" << in.text << "\n" << text;
      std::set<std::string_view> texts;
      testing::walk(*in.root, [&](const fhir::Node& owner, const fhir::Node& node) {
        if (node.value.size() >= 4 && may_be_text(owner, node)) texts.insert(node.value);
      });
      testing::walk(*out.root, [&](const fhir::Node& owner, const fhir::Node& node) {
        ++kept;
        if (!node.has_value || !may_be_text(owner, node)) return;
        const std::string_view name = fhir::r4().name(node.name);
        // Of codes of known systems.
        if (name == "display" || name == "unit") {
          EXPECT_TRUE(deidentifier.rules().knows_system(owner.child_value(*fhir::r4().find_name("system"))));
          EXPECT_FALSE(owner.child_value(*fhir::r4().find_name("code")).empty());
        } else {
          EXPECT_FALSE(texts.contains(node.value)) << name << ": " << node.value << "\n" << text;
        }
      });
    }
  }
  EXPECT_GT(kept, 10'000u);
}

}  // namespace
}  // namespace vesta::deidentify
