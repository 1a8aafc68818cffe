// Any bytes through the XML reader: an answer, and what was read is the same as XML and as JSON.
#include <cstdint>
#include <string>

#include "base/check.h"
#include "fhir/json.h"
#include "fhir/xml.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vesta::fhir;
  static XmlReader xml_reader(r4());
  static XmlWriter xml_writer(r4());
  static JsonReader json_reader(r4());
  Arena arena;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto root = xml_reader.read(text, arena);
  if (!root.ok()) {
    CHECK(root.error().category == vesta::Category::invalid);
    CHECK(!root.error().issues.empty());
    return 0;
  }
  std::string json;
  write_json(r4(), **root, {}, json);
  const auto from_json = json_reader.read(json, arena);
  CHECK(from_json.ok());
  std::string xml;
  CHECK(xml_writer.write(**from_json, {}, xml).ok());
  const auto again = xml_reader.read(xml, arena);
  CHECK(again.ok());
  std::string xml_again;
  CHECK(xml_writer.write(**again, {}, xml_again).ok());
  CHECK(xml == xml_again);
  return 0;
}
