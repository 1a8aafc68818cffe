// Any text as an XML Patch of a small document: an answer that is XML, or an error; the document is never lost.
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>

#include "base/check.h"
#include "xml/patch.h"
#include "xml/tokens.h"

namespace {

constexpr std::string_view kDocument =
    R"(<Patient xmlns="http://hl7.org/fhir"><id value="p"/><text><status value="generated"/>)"
    R"(<h:div xmlns:h="http://www.w3.org/1999/xhtml"><h:p class="a">x<h:b>y</h:b>z</h:p></h:div></text>)"
    R"(<active value="true"/><name><family value="A"/><given value="b"/><given value="c"/></name>)"
    R"(<!-- comment --><name><family value="B"/></name></Patient>)";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vesta;
  const xml::Namespaces known = {{"f", "http://hl7.org/fhir"}, {"h", "http://www.w3.org/1999/xhtml"}};
  const auto patch = xml::Patch::parse({reinterpret_cast<const char*>(data), size}, known);
  if (!patch.ok()) {
    CHECK(!patch.error().message.empty());
    return 0;
  }
  const auto patched = patch->apply(kDocument);
  if (!patched.ok()) {
    CHECK(patched.error().category == Category::unprocessable);
    return 0;
  }
  const auto again = patch->apply(kDocument);
  CHECK(again.ok() && *again == *patched);
  std::pmr::monotonic_buffer_resource memory;
  CHECK(xml::Tokenizer().tokenize(*patched, {}, memory).ok());
  return 0;
}
