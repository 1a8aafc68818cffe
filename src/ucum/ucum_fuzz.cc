// Any text as "value code code": every function answers, and the answers agree with each other.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "ucum/number.h"
#include "ucum/ucum.h"
#include "ucum/unit_cache.h"

namespace {

using namespace vesta;

void check(const Error& error) {
  CHECK(error.category == Category::invalid || error.category == Category::too_large ||
        error.category == Category::unsupported);
  CHECK(!error.message.empty());
}

// The text to the next space; what is left stays.
std::string_view take_word(std::string_view& text) {
  const std::size_t end = text.find(' ');
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return word;
}

void check_unit(std::string_view code) {
  const Status valid = ucum::validate(code);
  const auto unit = ucum::canonical(code);
  CHECK(ucum::display(code).ok() == valid.ok());
  if (!valid.ok()) {
    check(valid.error());
    CHECK(!unit.ok());
  }
  if (!unit.ok()) return check(unit.error());
  // A canonical code that fits the limits of codes is its own canonical form.
  const auto again = ucum::canonical(unit->code);
  if (!again.ok()) return CHECK(again.error().category == Category::too_large);
  CHECK(again->code == unit->code && again->factor == "1" && again->dimension == unit->dimension);
  CHECK(*ucum::comparable(code, unit->code));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static ucum::UnitCache cache(64);
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view value = take_word(text);
  const std::string_view from = take_word(text);
  const std::string_view to = text;
  check_unit(from);
  check_unit(to);

  const auto quantity = ucum::canonical_quantity(value, from);
  const auto cached = cache.canonical_quantity(value, from);
  CHECK(quantity.ok() == cached.ok());
  if (quantity.ok()) {
    CHECK(*quantity == *cached);
    CHECK(ucum::Number::parse(quantity->value) || quantity->value.size() > 1000 ||
          quantity->value.find('e') != std::string::npos);
  } else {
    check(quantity.error());
    check(cached.error());
  }
  for (const auto& result : {ucum::convert(value, from, to), ucum::convert(value, to, from)}) {
    if (!result.ok()) check(result.error());
  }
  const ucum::Quantity left{std::string(value), std::string(from)};
  const ucum::Quantity right{std::string(value), std::string(to)};
  for (const auto& result : {ucum::multiply(left, right), ucum::divide(left, right)}) {
    if (!result.ok()) check(result.error());
  }
  return 0;
}
