// TypeNotes finds what the definitions have, whatever it found before.
#include "fhir/type_notes.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace vesta::fhir {
namespace {

TEST(TypeNotes, FindsEachElementBehindEachOther) {
  Notebook notebook(r4());
  for (TypeId type = 0; type < r4().types().size(); ++type) {
    const std::span<const Element> elements = r4().type(type).elements;
    TypeNotes& notes = notebook.of(type);
    EXPECT_EQ(notes.find_element(0, "none"), nullptr);
    for (std::size_t before = 0; before <= elements.size(); ++before) {
      for (const Element& element : elements) {
        // By look-up, then by the guess that it left; a name that is none changes nothing.
        ASSERT_EQ(notes.find_element(before, element.json_name), &element) << element.json_name;
        EXPECT_EQ(notes.find_element(before, element.json_name.substr(1)),
                  r4().find_element(type, element.json_name.substr(1)));
        ASSERT_EQ(notes.find_element(before, element.json_name), &element) << element.json_name;
      }
    }
  }
}

TEST(TypeNotes, KnowsWhatIsMandatory) {
  Notebook notebook(r4());
  for (TypeId type = 0; type < r4().types().size(); ++type) {
    const std::span<const Element> elements = r4().type(type).elements;
    const std::vector<std::uint8_t>& mandatory = notebook.of(type).mandatory();
    for (std::size_t index = 0; index < elements.size(); ++index) {
      EXPECT_EQ(std::ranges::count(mandatory, index), elements[index].min > 0 ? 1 : 0) << elements[index].json_name;
    }
  }
}

// What the readers' check of choices stands on.
TEST(Definitions, AlternativesOfAChoiceStandTogether) {
  for (const Type& type : r4().types()) {
    EXPECT_TRUE(std::ranges::is_sorted(type.elements, {}, &Element::order)) << type.name;
  }
}

}  // namespace
}  // namespace vesta::fhir
