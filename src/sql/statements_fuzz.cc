// Any bytes as statements: each is a part of the text, and all of them are the whole of it.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "sql/statements.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  vesta::sql::is_complete(text);
  while (!text.empty()) {
    const vesta::sql::Statement statement = vesta::sql::first_statement(text);
    CHECK(statement.size > 0 && statement.size <= text.size());
    CHECK(statement.is_ended || statement.size == text.size());
    CHECK(!statement.is_ended || text[statement.size - 1] == ';');
    text.remove_prefix(statement.size);
  }
  return 0;
}
