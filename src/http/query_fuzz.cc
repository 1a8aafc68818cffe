// Fuzzes the query string: what is accepted must survive encoding and decoding unchanged.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/utf8.h"
#include "http/message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vesta;
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  const auto parameters = http::parse_query(text);
  if (parameters) {
    std::string again;
    for (const auto& [name, value] : *parameters) {
      CHECK(valid_utf8(name) && valid_utf8(value));
      again += '&' + http::percent_encode(name) + '=' + http::percent_encode(value);
    }
    const auto second = http::parse_query(again);
    CHECK(second && second->size() == parameters->size());
    for (std::size_t i = 0; i < second->size(); ++i) {
      CHECK((*second)[i].name == (*parameters)[i].name && (*second)[i].value == (*parameters)[i].value);
    }
  } else {
    CHECK(valid_utf8(http::query_defect(text)));
  }

  const auto decoded = http::percent_decode(text);
  if (decoded) CHECK(http::percent_decode(http::percent_encode(*decoded)) == decoded);
  return 0;
}
