// The parser: the shape of the tree for the whole grammar, syntax errors, and both sides of its limits.
#include "fhirpath/parser.h"

#include <gtest/gtest.h>

#include "fhirpath/program.h"

namespace vesta::fhirpath {
namespace {

// The tree in prefix form: every operation in parentheses.
std::string shape(const Syntax& node) {
  auto list = [&node](std::string text) {
    for (const auto& operand : node.operands) text += " " + shape(*operand);
    return text + ")";
  };
  std::string focus = node.focus ? shape(*node.focus) + "." : "";
  switch (node.kind) {
    case SyntaxKind::empty:
      return "{}";
    case SyntaxKind::string:
      return "'" + node.text + "'";
    case SyntaxKind::date:
      return "date:" + node.text;
    case SyntaxKind::date_time:
      return "dateTime:" + node.text;
    case SyntaxKind::time:
      return "time:" + node.text;
    case SyntaxKind::decimal:
      return "decimal:" + node.text;
    case SyntaxKind::quantity:
      return "quantity:" + node.text + " " + node.unit;
    case SyntaxKind::constant:
      return "%" + node.text;
    case SyntaxKind::member:
      return focus + node.text;
    case SyntaxKind::function:
      return focus + list("(" + node.text);
    case SyntaxKind::indexer:
      return list("(at " + focus.substr(0, focus.size() - 1));
    case SyntaxKind::polarity:
    case SyntaxKind::binary:
      return list("(" + node.text);
    case SyntaxKind::unite:
      return list("(|");
    case SyntaxKind::type: {
      std::string text = "(" + node.text + " " + shape(*node.operands[0]);
      for (const std::string& part : node.type_name) text += " " + part;
      return text + ")";
    }
    default:
      return node.text;
  }
}

std::string shape_of(std::string_view expression) {
  auto tree = parse(expression);
  return tree.ok() ? shape(**tree) : "error: " + tree.error().message;
}

TEST(Parser, BindsOperatorsByTheirPrecedence) {
  EXPECT_EQ(shape_of("a implies b or c and d"), "(implies a (or b (and c d)))");
  EXPECT_EQ(shape_of("a and b in c = d"), "(and a (in b (= c d)))");
  EXPECT_EQ(shape_of("a = b < c | d is E"), "(= a (< b (| c (is d E))))");
  EXPECT_EQ(shape_of("a is B & c"), "(& (is a B) c)");
  EXPECT_EQ(shape_of("a & b as C"), "(as (& a b) C)");
  EXPECT_EQ(shape_of("a + b * c"), "(+ a (* b c))");
  EXPECT_EQ(shape_of("a * b + c"), "(+ (* a b) c)");
  EXPECT_EQ(shape_of("-a.b + c"), "(+ (- a.b) c)");
  EXPECT_EQ(shape_of("a - b - c"), "(- (- a b) c)");
  EXPECT_EQ(shape_of("a div b mod c / d"), "(/ (mod (div a b) c) d)");
  EXPECT_EQ(shape_of("a or b xor c"), "(xor (or a b) c)");
  EXPECT_EQ(shape_of("a implies b implies c"), "(implies (implies a b) c)");
  EXPECT_EQ(shape_of("a != b and c !~ d or e ~ f"), "(or (and (!= a b) (!~ c d)) (~ e f))");
  EXPECT_EQ(shape_of("a <= b and c >= d and e > f"), "(and (and (<= a b) (>= c d)) (> e f))");
  EXPECT_EQ(shape_of("a contains b"), "(contains a b)");
  EXPECT_EQ(shape_of("(a or b) and c"), "(and (or a b) c)");
}

TEST(Parser, FlattensUnions) {
  EXPECT_EQ(shape_of("a | b | c"), "(| a b c)");
  EXPECT_EQ(shape_of("a | (b | c)"), "(| a (| b c))");
}

TEST(Parser, ReadsEveryLiteral) {
  EXPECT_EQ(shape_of("{}"), "{}");
  EXPECT_EQ(shape_of("true and false"), "(and true false)");
  EXPECT_EQ(shape_of("'x' = 1.50"), "(= 'x' decimal:1.50)");
  EXPECT_EQ(shape_of("@2014-01 = @2014T"), "(= date:2014-01 dateTime:2014)");
  EXPECT_EQ(shape_of("@T10:30"), "time:10:30");
  EXPECT_EQ(shape_of("4 days = 10.5 'mg'"), "(= quantity:4 days quantity:10.5 'mg')");
  EXPECT_EQ(shape_of("1 year"), "quantity:1 year");
  EXPECT_EQ(shape_of("2147483647"), "2147483647");
  EXPECT_EQ(shape_of("2147483648"), "error: FHIRPath: line 1, column 1: an integer is at most 2147483647");
}

TEST(Parser, ReadsInvocations) {
  EXPECT_EQ(shape_of("a.b[0].c(1, $this)"), "(at a.b 0).(c 1 $this)");
  EXPECT_EQ(shape_of("$this.a"), "$this.a");
  EXPECT_EQ(shape_of("f()"), "(f)");
  EXPECT_EQ(shape_of("%resource.a"), "%resource.a");
  EXPECT_EQ(shape_of("%'us-zip' = %`vs-x`"), "(= %us-zip %vs-x)");
  EXPECT_EQ(shape_of("`div`.`PID-1`"), "div.PID-1");
  EXPECT_EQ(shape_of("text.div"), "text.div");
  EXPECT_EQ(shape_of("contains.as(B).is(C.D).in"), "contains.(as B).(is C.D).in");
  EXPECT_EQ(shape_of("a is FHIR.Patient"), "(is a FHIR Patient)");
  EXPECT_EQ(shape_of("(a as FHIR.`Quantity`).b"), "(as a FHIR Quantity).b");
  EXPECT_EQ(shape_of("day"), "day");
}

TEST(Parser, RefusesWrongSyntaxWithItsPlace) {
  EXPECT_EQ(shape_of("a."), "error: FHIRPath: line 1, column 3: expected a name, found the end");
  EXPECT_EQ(shape_of("a b"), "error: FHIRPath: line 1, column 3: expected an operator or the end, found 'b'");
  EXPECT_EQ(shape_of("(a\n"), "error: FHIRPath: line 2, column 1: expected ')', found the end");
  for (std::string_view text :
       {"",      ".",   "a..b", "a[",   "a[]",     "a[0",        "f(", "f(,)",   "f(a,)",   "f(a b)", "{a}",
        "{",     "a =", "= a",  "a is", "a is 1",  "a is B.C.D", "%",  "%1",     "a.$this", "a.1",    "and",
        "a and", "div", "-",    "1 1",  "a | | b", ")",          "a)", "true()", "'a' 'b'"}) {
    EXPECT_TRUE(shape_of(text).starts_with("error: ")) << text << " gave " << shape_of(text);
  }
}

TEST(Parser, ErrorsAreIssuesWithTheExpression) {
  auto tree = parse("a b");
  ASSERT_FALSE(tree.ok());
  EXPECT_EQ(tree.error().category, Category::invalid);
  ASSERT_EQ(tree.error().issues.size(), 1u);
  EXPECT_EQ(tree.error().issues[0].expression, "a b");
  EXPECT_EQ(tree.error().issues[0].code, "invalid");
  EXPECT_EQ(tree.error().issues[0].diagnostics, tree.error().message);
}

TEST(Parser, HoldsExpressionsToKMaxExpressionBytes) {
  std::string longest = "a" + std::string(kMaxExpressionBytes - 1, ' ');
  EXPECT_EQ(shape_of(longest), "a");
  EXPECT_TRUE(shape_of(longest + " ").find("kMaxExpressionBytes") != std::string::npos);
}

// `depth` times `open`, then `middle`, then as many times `close`.
std::string nested(std::size_t depth, const std::string& open, const std::string& middle, const std::string& close) {
  std::string text;
  for (std::size_t i = 0; i < depth; ++i) text += open;
  text += middle;
  for (std::size_t i = 0; i < depth; ++i) text += close;
  return text;
}

TEST(Parser, HoldsTreesToKMaxExpressionDepth) {
  struct Case {
    std::string open, middle, close;
    std::size_t levels_of_middle;
  };
  const Case cases[] = {{"(", "a", ")", 0},  {"f(", "a", ")", 1}, {"-", "a", "", 1},     {"", "a", ".b", 1},
                        {"a[", "0", "]", 1}, {"", "a", "[0]", 1}, {"", "a", " and b", 1}};
  for (const Case& one : cases) {
    std::size_t most = kMaxExpressionDepth - one.levels_of_middle;
    std::string fits = nested(most, one.open, one.middle, one.close);
    std::string too_deep = nested(most + 1, one.open, one.middle, one.close);
    EXPECT_FALSE(shape_of(fits).starts_with("error: ")) << fits << " gave " << shape_of(fits);
    EXPECT_TRUE(shape_of(too_deep).find("kMaxExpressionDepth") != std::string::npos) << too_deep;
    EXPECT_TRUE(shape_of(nested(5000, one.open, one.middle, one.close)).starts_with("error: "));
  }
  // A union is one level, however long.
  EXPECT_FALSE(shape_of("a" + nested(2000, "", "", " | b")).starts_with("error: "));
}

}  // namespace
}  // namespace vesta::fhirpath
