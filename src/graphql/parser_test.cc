// Syntax trees, and the rules of documents that need no schema.
#include "graphql/parser.h"

#include <gtest/gtest.h>

#include "graphql/document_rules.h"
#include "graphql/limits.h"

namespace vesta::graphql {
namespace {

Document parsed(std::string_view text) {
  auto document = parse(text);
  if (const auto* const problem = std::get_if<Problem>(&document)) {
    ADD_FAILURE() << describe({*problem});
    return {};
  }
  return std::get<Document>(std::move(document));
}

// What is wrong with the syntax or, if nothing is, by the rules of documents; empty: nothing.
std::string defects(std::string_view text) {
  const auto document = parse(text);
  if (const auto* const problem = std::get_if<Problem>(&document)) return describe({*problem});
  Problems problems(text);
  check_document(std::get<Document>(document), problems);
  return describe(problems.all());
}

std::string chosen(std::string_view text, std::string_view name) {
  Problems problems(text);
  const Document document = parsed(text);
  const Operation* const operation = choose_operation(document, name, problems);
  return operation == nullptr ? describe(problems.all()) : "chosen: " + operation->name;
}

TEST(Parser, ReadsEveryPartOfADocument) {
  const Document document = parsed(
      "query Q($a: [String!]! = [\"x\"], $b: Int) @skip(if: true) { n: name(use: official, x: {k: [1 2.5 null]}) "
      "@include(if: $b) { given } ...F ... on T @skip(if: false) { id } ... { a } } fragment F on T { id }");
  ASSERT_EQ(document.operations.size(), 1u);
  const Operation& operation = document.operations.front();
  EXPECT_EQ(operation.name, "Q");
  ASSERT_EQ(operation.variables.size(), 2u);
  EXPECT_EQ(operation.variables[0].type, "[String!]!");
  EXPECT_EQ(operation.variables[0].default_value->items.front().text, "x");
  EXPECT_FALSE(operation.variables[1].default_value);
  EXPECT_EQ(operation.directives.front().name, "skip");
  ASSERT_EQ(operation.selections.size(), 4u);
  const Selection& field = operation.selections[0];
  EXPECT_EQ(field.alias, "n");
  EXPECT_EQ(field.name, "name");
  EXPECT_EQ(field.arguments[0].value.kind, Value::Kind::name);
  EXPECT_EQ(field.arguments[1].value.names, std::vector<std::string>{"k"});
  EXPECT_EQ(field.arguments[1].value.items[0].items[2].kind, Value::Kind::null);
  EXPECT_EQ(field.directives[0].arguments[0].value.kind, Value::Kind::variable);
  EXPECT_EQ(operation.selections[1].kind, Selection::Kind::spread);
  EXPECT_EQ(operation.selections[2].name, "T");
  EXPECT_EQ(operation.selections[3].name, "");
  EXPECT_EQ(document.fragments.front().type_condition, "T");
  EXPECT_EQ(document.find_fragment("G"), nullptr);
}

TEST(Parser, SaysWhatIsWantedAndWhere) {
  EXPECT_EQ(defects(""),
            "1:1: Syntax error: an operation, a fragment or '{' is wanted here, and not the end of the document.");
  EXPECT_EQ(defects("{ }"), "1:3: Syntax error: a field is wanted here, and not '}'.");
  EXPECT_EQ(defects("{\n  name {\n"), "3:1: Syntax error: a field is wanted here, and not the end of the document.");
  EXPECT_EQ(defects("{ a(b) }"), "1:6: Syntax error: ':' is wanted here, and not ')'.");
  EXPECT_EQ(defects("{ a() }"), "1:5: Syntax error: an argument is wanted here, and not ')'.");
  EXPECT_EQ(defects("{ a(b: ) }"), "1:8: Syntax error: a value is wanted here, and not ')'.");
  EXPECT_EQ(defects("type T { a: Int }"), "1:1: Syntax error: query, fragment or '{' is wanted here, and not 'type'.");
  EXPECT_EQ(defects("fragment on on T { a }"),
            "1:10: Syntax error: the name of a fragment is wanted here, and not 'on'.");
  EXPECT_EQ(defects("query ($a) { a }"), "1:10: Syntax error: ':' is wanted here, and not ')'.");
  EXPECT_EQ(defects("{ a \"x\" }"), "1:5: Syntax error: a field is wanted here, and not a string.");
}

TEST(Parser, HasLimits) {
  const auto nested = [](std::size_t levels) {
    std::string text = "{a";
    for (std::size_t i = 1; i < levels; ++i) text += "{a";
    return text + std::string(levels, '}');
  };
  EXPECT_EQ(defects(nested(kMaxDepth)), "");
  EXPECT_EQ(defects(nested(kMaxDepth + 1)), "1:65: More than 32 levels of a document (kMaxDepth).");
  const auto value = [](std::size_t levels) {
    return "{a(b:" + std::string(levels, '[') + std::string(levels, ']') + ")}";
  };
  EXPECT_EQ(defects(value(kMaxDepth - 1)), "");
  EXPECT_EQ(defects(value(kMaxDepth)), "1:37: More than 32 levels of a document (kMaxDepth).");
  const auto fragments = [](std::size_t count) {
    std::string text = "{ ";
    for (std::size_t i = 0; i < count; ++i) text += "...F" + std::to_string(i) + " ";
    text += "}";
    for (std::size_t i = 0; i < count; ++i) text += " fragment F" + std::to_string(i) + " on T { a }";
    return text;
  };
  EXPECT_EQ(defects(fragments(kMaxFragments)), "");
  EXPECT_EQ(defects(fragments(kMaxFragments + 1)), "1:6393: More than 200 fragments of a document (kMaxFragments).");
  const auto variables = [](std::size_t count) {
    std::string text = "query (";
    for (std::size_t i = 0; i < count; ++i) text += "$v" + std::to_string(i) + ": Int ";
    text += ") { a(b: [";
    for (std::size_t i = 0; i < count; ++i) text += "$v" + std::to_string(i) + " ";
    return text + "]) }";
  };
  EXPECT_EQ(defects(variables(kMaxVariables)), "");
  EXPECT_EQ(defects(variables(kMaxVariables + 1)), "1:2098: More than 200 variables of an operation (kMaxVariables).");
}

TEST(DocumentRules, CountFieldsAndLevelsWithFragmentsInTheirPlaces) {
  std::string text = "{ ";
  for (std::size_t i = 0; i < kMaxFields; ++i) text += "a ";
  EXPECT_EQ(defects(text + "}"), "");
  EXPECT_EQ(defects(text + "x: a }"), "1:1: More than 2000 fields of an operation (kMaxFields).");
  // Each fragment doubles the one before.
  std::string doubling = "{ ...F0 } ";
  for (int i = 0; i < 40; ++i) {
    const std::string next = "...F" + std::to_string(i + 1);
    doubling += "fragment F" + std::to_string(i) + " on T { a { " + next + " " + next + " } } ";
  }
  EXPECT_EQ(defects(doubling + "fragment F40 on T { a }"),
            "1:1: More than 2000 fields of an operation (kMaxFields).\n"
            "1:1: More than 32 levels of an operation (kMaxDepth).");
}

TEST(DocumentRules, HoldForNames) {
  EXPECT_EQ(defects("query A { a } query A { a }"), "1:15: There are two operations 'A'.");
  EXPECT_EQ(defects("{ a } query A { a }"), "1:1: An operation without a name must be the only one.");
  EXPECT_EQ(defects("{ ...F } fragment F on T { a } fragment F on T { b }"), "1:32: There are two fragments 'F'.");
  EXPECT_EQ(defects("query ($a: Int, $a: Int) { a(b: $a) }"), "1:17: There are two variables '$a'.");
  EXPECT_EQ(defects("{ a(b: 1, b: 2) }"), "1:11: Argument 'b' is given twice.");
}

TEST(DocumentRules, HoldForFragmentsAndVariables) {
  EXPECT_EQ(defects("{ a } fragment F on T { a }"), "1:7: Fragment 'F' is not used.");
  EXPECT_EQ(defects("{ ...F ...F }"), "1:3: There is no fragment 'F'.\n1:8: There is no fragment 'F'.");
  EXPECT_EQ(defects("{ ...F } fragment F on T { a { ...G } } fragment G on T { ...F }"),
            "1:10: Fragment 'F' leads to itself.");
  EXPECT_EQ(defects("query ($a: Int) { a }"), "1:8: Variable '$a' is not used.");
  EXPECT_EQ(defects("{ a(b: [$c]) }"), "1:9: There is no variable '$c'.");
  EXPECT_EQ(defects("query A($v: Int) { ...F } query B { ...F } fragment F on T { a(b: $v) }"),
            "1:67: There is no variable '$v'.");
}

TEST(DocumentRules, HoldForDirectives) {
  EXPECT_EQ(defects("{ a @nonsense }"), "1:5: There is no directive '@nonsense'.");
  EXPECT_EQ(defects("{ a @skip }"), "1:5: '@skip' needs the argument 'if'.");
  EXPECT_EQ(defects("{ a @skip(unless: true) }"), "1:11: '@skip' has no argument 'unless'.");
  EXPECT_EQ(defects("{ a @first @first }"), "1:12: '@first' is given twice.");
  EXPECT_EQ(defects("{ ... @first { a } }"), "1:7: '@first' cannot stand here.");
  EXPECT_EQ(defects("query @include(if: true) { a }"), "1:7: '@include' cannot stand here.");
  EXPECT_EQ(defects("{ ...F } fragment F on T @skip(if: true) { a }"), "1:26: '@skip' cannot stand here.");
  EXPECT_EQ(defects("query ($v: Int @nonsense) { a(b: $v) }"), "1:16: There is no directive '@nonsense'.");
  EXPECT_EQ(defects("query ($v: Int @first) { a(b: $v) }"), "1:16: '@first' cannot stand here.");
  EXPECT_EQ(defects("{ a @slice(path: \"x\", fhirpath: \"y\") }"), "1:5: '@slice' needs the argument 'path'.");
}

TEST(DocumentRules, ChooseTheOperation) {
  EXPECT_EQ(chosen("{ a }", ""), "chosen: ");
  EXPECT_EQ(chosen("query A { a } query B { a }", "B"), "chosen: B");
  EXPECT_EQ(chosen("query A { a } query B { a }", ""), "The document has several operations: name one of them.");
  EXPECT_EQ(chosen("query A { a }", "C"), "There is no operation 'C'.");
  EXPECT_EQ(chosen("fragment F on T { a }", ""), "The document has no operation.");
  EXPECT_EQ(chosen("mutation { a }", ""), "1:1: GraphQL is read-only here: there are no mutations.");
  EXPECT_EQ(chosen("query A { a } subscription B { a }", "B"),
            "1:15: GraphQL is read-only here: there are no subscriptions.");
}

TEST(DocumentRules, ReportAFewProblemsOfMany) {
  std::string text = "{ ";
  for (std::size_t i = 0; i < kMaxProblems + 10; ++i) text += "...F" + std::to_string(i) + " ";
  Problems problems(text);
  check_document(parsed(text + "}"), problems);
  EXPECT_EQ(problems.size(), kMaxProblems);
}

}  // namespace
}  // namespace vesta::graphql
