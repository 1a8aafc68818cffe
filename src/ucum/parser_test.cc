// The grammar: what each code is taken apart into, where errors are, and both sides of each limit.
#include "ucum/parser.h"

#include <gtest/gtest.h>

#include <string>

#include "ucum/ucum.h"

namespace vesta::ucum {
namespace {

// The tree as text: prefix:unit^exponent, groups in parentheses.
std::string show(const std::vector<Component>& components) {
  std::string out;
  for (const Component& component : components) {
    const bool divides = component.joined_by == Component::Operator::divide;
    if (divides || &component != &components.front()) out += divides ? '/' : '.';
    switch (component.kind) {
      case Component::Kind::group:
        out += '(' + show(component.group) + ')';
        break;
      case Component::Kind::factor:
        out += '#' + std::string(component.digits);
        break;
      case Component::Kind::annotation:
        break;
      case Component::Kind::unit:
        if (component.prefix != nullptr) out.append(component.prefix->code).append(":");
        out.append(component.unit->code);
        if (component.has_exponent) out.append("^").append(std::to_string(component.exponent));
    }
    out += component.annotation;
  }
  return out;
}
std::string shape(std::string_view code) {
  const Result<Term> term = parse(code);
  return term.ok() ? show(term->components) : term.error().message;
}

TEST(UcumParser, TakesTermsApart) {
  const std::pair<const char*, const char*> cases[] = {
      {"", ""},
      {"m", "m"},
      {"mg/dL", "m:g/d:L"},
      {"/m", "/m"},
      {"/a.b", "/a.b"},
      {"m3.kg-1.s+2", "m^3.k:g^-1.s^2"},
      {"4.[pi].10*-7.N/A2", "#4.[pi].10*^-7.N/A^2"},
      {"10^3", "10^^3"},
      {"10*", "10*"},
      {"10.m", "#10.m"},
      {"007.m", "#7.m"},
      {"mmol/(8.h.kg)", "m:mol/(#8.h.k:g)"},
      {"((m))", "((m))"},
      {"U/(10.g){feces}", "U/(#10.g){feces}"},
      {"kg{body_wt}", "k:g{body_wt}"},
      {"{a}.rad2{b}", "{a}.rad^2{b}"},
      {"1{c}", "#1{c}"},
      {"{}", "{}"},
      {"mm[Hg]", "m:m[Hg]"},
      {"[in_i'H2O]", "[in_i'H2O]"},
      {"dB[10.nV]", "d:B[10.nV]"},
      {"[m/s2/Hz^(1/2)]", "[m/s2/Hz^(1/2)]"},
      {"m[IU]/L", "m:[IU]/L"},
      {"dar", "d:ar"},
      {"dam", "da:m"},
      {"KiBy", "Ki:By"},
      {"cd", "cd"},
      {"min", "min"},
      {"Pa", "Pa"},
      {"mm[H2O]2", "m:m[H2O]^2"},
      {"''", "''"},
      {"m0", "m^0"},
  };
  for (const auto& [code, expected] : cases) EXPECT_EQ(shape(code), expected) << code;
}

TEST(UcumParser, SaysWhereTheErrorIs) {
  const std::pair<const char*, const char*> cases[] = {
      {"m/", "unit 'm/', column 3: a unit is missing at the end"},
      {"/", "unit '/', column 2: a unit is missing at the end"},
      {"//m", "unit '//m', column 2: '/' is not expected"},
      {".m", "unit '.m', column 1: '.' is not expected"},
      {"m..s", "unit 'm..s', column 3: '.' is not expected"},
      {"10+3/ul", "unit '10+3/ul', column 3: a number is joined to what follows by '.' or '/'"},
      {"g/12h", "unit 'g/12h', column 5: a number is joined to what follows by '.' or '/'"},
      {"-3", "unit '-3', column 1: '-' is not expected"},
      {"0.m", "unit '0.m', column 1: a factor is greater than 0"},
      {"m/00", "unit 'm/00', column 3: a factor is greater than 0"},
      {"iU", "unit 'iU', column 1: 'iU' is no unit"},
      {"mmol/kg[H20]", "unit 'mmol/kg[H20]', column 6: 'kg[H20]' is no unit"},
      {"k[degF]", "unit 'k[degF]', column 1: the unit in 'k[degF]' takes no prefix"},
      {"mmm", "unit 'mmm', column 1: 'mmm' is no unit"},
      {"[degF", "unit '[degF', column 1: this bracket is not closed"},
      {"m]", "unit 'm]', column 2: ']' is not expected"},
      {"(m", "unit '(m', column 1: this parenthesis is not closed"},
      {"m)", "unit 'm)', column 2: ')' is not expected"},
      {"(m}", "unit '(m}', column 3: '}' is not expected"},
      {"()", "unit '()', column 2: ')' is not expected"},
      {"(m)2", "unit '(m)2', column 4: '2' is not expected"},
      {"(m){a}{b}", "unit '(m){a}{b}', column 7: '{' is not expected"},
      {"(/m)", "unit '(/m)', column 2: '/' is not expected"},
      {"ug(8.h)", "unit 'ug(8.h)', column 3: '(' is not expected"},
      {"m-", "unit 'm-', column 2: a sign stands before an exponent's digits"},
      {"m2s", "unit 'm2s', column 3: an exponent ends its unit"},
      {"m+-2", "unit 'm+-2', column 2: a sign stands before an exponent's digits"},
      {"{a}m", "unit '{a}m', column 4: an annotation stands behind its unit, not before it"},
      {"m{a}{b}", "unit 'm{a}{b}', column 5: '{' is not expected"},
      {"m{a", "unit 'm{a', column 2: this annotation is not closed"},
      {"m{a{b}}", "unit 'm{a{b}}', column 4: an annotation holds no further brace"},
      {"m{\xC3\xA9}", "unit 'm{??}', column 3: an annotation holds printable ASCII only"},
      {"m s", "unit 'm s', column 2: ' ' is not expected"},
      {"\xC2\xB5m", "unit '??m', column 1: '?' is not expected"},
  };
  for (const auto& [code, expected] : cases) {
    const Status status = validate(code);
    ASSERT_FALSE(status.ok()) << code;
    EXPECT_EQ(status.error().message, expected);
    EXPECT_EQ(status.error().category, Category::invalid) << code;
  }
  EXPECT_FALSE(validate(std::string_view("m\0", 2)).ok());
}

TEST(UcumParser, TakesEveryUnitAndExactlyTheMetricOnesWithEveryPrefix) {
  for (const UnitDefinition& unit : units()) {
    EXPECT_EQ(shape(unit.code), unit.code);
    for (const PrefixDefinition& prefix : prefixes()) {
      const std::string code = std::string(prefix.code).append(unit.code);
      if (unit.is_metric) {
        EXPECT_EQ(shape(code), std::string(prefix.code).append(":").append(unit.code));
      } else if (find_unit(code) == nullptr) {  // Pa is not P and a
        EXPECT_FALSE(validate(code).ok()) << code;
      }
    }
  }
}

TEST(UcumParserLimits, CodeLength) {
  std::string code = "m{" + std::string(kMaxCodeLength - 3, 'x') + "}";
  EXPECT_TRUE(validate(code).ok());
  code.insert(2, "x");
  EXPECT_EQ(validate(code).error().category, Category::too_large);
}

TEST(UcumParserLimits, GroupDepth) {
  const auto nested = [](int depth) {
    const auto count = static_cast<std::size_t>(depth);
    return std::string(count, '(') + "m" + std::string(count, ')');
  };
  EXPECT_TRUE(validate(nested(kMaxGroupDepth)).ok());
  EXPECT_EQ(validate(nested(kMaxGroupDepth + 1)).error().category, Category::too_large);
}

TEST(UcumParserLimits, Exponent) {
  EXPECT_TRUE(validate("m" + std::to_string(kMaxUnitExponent)).ok());
  EXPECT_TRUE(validate("m-" + std::to_string(kMaxUnitExponent)).ok());
  EXPECT_EQ(validate("m" + std::to_string(kMaxUnitExponent + 1)).error().category, Category::too_large);
  EXPECT_EQ(validate("m-99999999999999999999").error().category, Category::too_large);
}

}  // namespace
}  // namespace vesta::ucum
