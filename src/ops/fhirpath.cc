// $fhirpath: runs an expression on a resource that comes with it, as the public FHIRPath labs ask for it.
// Source: https://github.com/brianpos/fhirpath-lab/blob/develop/server-api.md
#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "fhir/json.h"
#include "fhirpath/value.h"
#include "ops/fhirpath_answer.h"
#include "ops/fhirpath_budget.h"
#include "ops/operations.h"
#include "ops/outcome.h"
#include "ops/store_services.h"

namespace vesta::ops {
namespace {

constexpr std::string_view kXmlExtension = "http://fhir.forms-lab.com/StructureDefinition/xml-value";
// What the labs send beside what is looked at.
constexpr std::array<std::string_view, 3> kIgnored = {"terminologyserver", "validate", "debug_trace"};

struct Question {
  std::string_view expression;
  std::string_view context;
  const fhir::Node* resource = nullptr;
  const fhir::Node* variables_parameter = nullptr;
  // By slot.
  std::vector<std::string> variable_names;
  std::vector<fhirpath::Collection> variables;
};

Error bad_question(std::string_view name, std::string message) {
  return Error{Category::invalid,
               {},
               {Issue{Severity::error, "value", "Parameter '" + std::string(name) + "' " + std::move(message),
                      std::string(name)}}};
}

// Reads the Parameters of a request.
class QuestionReader {
 public:
  QuestionReader(const Context& context, const Call& call, store::Scratch& scratch)
      : definitions_(context.definitions), call_(call), scratch_(scratch) {}

  Result<Question> read(const fhir::Node& parameters) {
    Question question;
    std::set<std::string_view> given;
    for (const fhir::Node& child : parameters.children()) {
      if (definitions_.name(child.name) != "parameter") continue;
      const std::string_view name = text(child, "name");
      if (!given.insert(name).second) return bad_question(name, "is given twice.");
      VESTA_CHECK_OK(read_parameter(name, child, question));
    }
    if (question.expression.empty()) return bad_question("expression", "is missing.");
    if (question.resource == nullptr) return bad_question("resource", "is missing.");
    return question;
  }

 private:
  const fhir::Node* child(const fhir::Node& node, std::string_view name) const {
    const auto id = definitions_.find_name(name);
    return id ? node.child(*id) : nullptr;
  }
  std::string_view text(const fhir::Node& node, std::string_view name) const {
    const fhir::Node* const found = child(node, name);
    return found == nullptr ? std::string_view() : found->value;
  }

  Status read_parameter(std::string_view name, const fhir::Node& parameter, Question& question) {
    if (name == "expression") {
      question.expression = text(parameter, "value");
    } else if (name == "context") {
      question.context = text(parameter, "value");
    } else if (name == "resource") {
      VESTA_TRY(question.resource, read_resource(parameter));
    } else if (name == "variables") {
      question.variables_parameter = &parameter;
      for (const fhir::Node& part : parameter.children()) {
        if (definitions_.name(part.name) == "part") read_variable(part, question);
      }
    } else if (std::find(kIgnored.begin(), kIgnored.end(), name) == kIgnored.end() &&
               call_.handling == search::Handling::strict) {
      return unknown_parameter(name, call_.route.operation);
    }
    return kOk;
  }

  // The resource itself, or its text in an extension.
  Result<const fhir::Node*> read_resource(const fhir::Node& parameter) {
    if (const fhir::Node* const resource = child(parameter, "resource")) return resource;
    for (const fhir::Node& extension : parameter.children()) {
      if (definitions_.name(extension.name) != "extension") continue;
      const std::string_view url = text(extension, "url");
      if (url != kJsonExtension && url != kXmlExtension) continue;
      const std::string_view value = text(extension, "value");
      VESTA_TRY(const fhir::Node* const resource,
                url == kXmlExtension ? scratch_.read_xml(value) : scratch_.read_json(value, value.size()));
      return resource;
    }
    return bad_question("resource", "has no resource, and no extension with the text of one.");
  }

  void read_variable(const fhir::Node& part, Question& question) const {
    question.variable_names.emplace_back(text(part, "name"));
    fhirpath::Collection& items = question.variables.emplace_back();
    const fhir::Node* value = child(part, "value");
    if (value == nullptr) value = child(part, "resource");
    if (value != nullptr) items.push_back(fhirpath::node_item(*value));
  }

  const fhir::Definitions& definitions_;
  const Call& call_;
  store::Scratch& scratch_;
};

// The services of the store, and one that keeps what trace() sees.
class TraceRecorder : public StoreServices {
 public:
  using StoreServices::StoreServices;

  void trace(std::string_view name, std::span<const fhirpath::Item> items) override {
    // More would be refused anyhow.
    if (seen_ > kMaxFhirpathParts) return;
    seen_ += items.size() + 1;
    traces_.push_back({std::string(name), fhirpath::Collection(items.begin(), items.end())});
  }
  std::vector<Traced> take() { return std::exchange(traces_, {}); }

 private:
  std::vector<Traced> traces_;
  std::size_t seen_ = 0;
};

// Runs the expressions of one request, which are compiled once for each type that they run on.
class ExpressionRunner {
 public:
  ExpressionRunner(const Context& context, const Question& question, fhir::Arena& arena, FhirpathBudget& budget)
      : context_(context), question_(question), arena_(arena), budget_(budget) {}

  // Errors: those of compiling and evaluating; too_large (kMaxRequestSteps).
  Result<fhirpath::Collection> run(std::string_view expression, const fhir::Node& root, StoreServices& services) {
    VESTA_CHECK_OK(budget_.check());
    budget_.take_text(expression.size());
    VESTA_TRY(const Compiled::SharedProgram program,
              context_.service.compiled.program(root.type, question_.variable_names, expression));
    programs_.insert(program);
    fhirpath::Surroundings surroundings{question_.resource, &context_.clock, &services};
    surroundings.steps = &budget_.steps();
    surroundings.variables = question_.variables;
    fhirpath::Collection items;
    Status evaluated = program->evaluate(root, arena_, items, surroundings);
    budget_.steps() += services.take_steps();
    if (!evaluated.ok()) return evaluated.take_error();
    VESTA_CHECK_OK(budget_.check());
    return items;
  }

 private:
  const Context& context_;
  const Question& question_;
  fhir::Arena& arena_;
  FhirpathBudget& budget_;
  std::set<Compiled::SharedProgram> programs_;  // which hold texts of the items
};

// The items that the expression runs on: what `context` yields, or the resource alone.
Result<fhirpath::Collection> contexts_of(const Context& context, const Question& question, ExpressionRunner& runner,
                                         store::Scratch& scratch) {
  if (question.context.empty()) return fhirpath::Collection{fhirpath::node_item(*question.resource)};
  StoreServices services(context, scratch);  // traces are those of the expression
  VESTA_TRY(fhirpath::Collection items, runner.run(question.context, *question.resource, services));
  const bool has_value = std::any_of(
      items.begin(), items.end(), [](const fhirpath::Item& item) { return item.kind != fhirpath::Item::Kind::node; });
  if (has_value) return bad_question("context", "must yield elements of the resource.");
  if (items.size() > kMaxFhirpathContexts) {
    return make_error(Category::too_large, "The context yields " + std::to_string(items.size()) +
                                               " elements; at most " + std::to_string(kMaxFhirpathContexts) +
                                               " are taken (kMaxFhirpathContexts).");
  }
  return items;
}

// What was asked, and who answers.
void add_parameters(const Context& context, const Question& question, fhir::Arena& arena, ParametersWriter& writer) {
  ParametersWriter::Part asked = writer.add(writer.root(), "parameters");
  ParametersWriter::Part evaluator = writer.add(asked, "evaluator");
  writer.text(evaluator, "Vesta " + context.service.software_version + " (R4)");
  ParametersWriter::Part expression = writer.add(asked, "expression");
  writer.text(expression, question.expression);
  if (!question.context.empty()) {
    ParametersWriter::Part asked_context = writer.add(asked, "context");
    writer.text(asked_context, question.context);
  }
  ParametersWriter::Part resource = writer.add(asked, "resource");
  writer.value(resource, *arena.make<fhir::Node>(*question.resource));
  if (question.variables_parameter != nullptr) writer.add_copy(asked, *question.variables_parameter);
}

}  // namespace

Result<http::Response> evaluate_fhirpath(Context& context, Call& call) {
  VESTA_CHECK_OK(refuse_parameters(call));
  if (call.resource == nullptr) return make_error(Category::invalid, "$fhirpath needs a Parameters resource.");
  store::ScratchLease scratch(context.definitions);
  VESTA_TRY(const Question question, QuestionReader(context, call, *scratch).read(*call.resource));
  fhir::Arena& arena = scratch->arena;
  TraceRecorder recorder(context, *scratch);
  FhirpathBudget own;
  ExpressionRunner runner(context, question, arena, call.budget == nullptr ? own : call.budget->fhirpath);
  VESTA_TRY(const fhirpath::Collection contexts, contexts_of(context, question, runner, *scratch));
  FhirpathAnswer answer(context.definitions, *question.resource, arena);
  add_parameters(context, question, arena, answer.parameters());
  for (const fhirpath::Item& item : contexts) {
    VESTA_TRY(const fhirpath::Collection items, runner.run(question.expression, *item.node, recorder));
    const std::string path = question.context.empty() ? std::string() : answer.path_of(item);
    VESTA_CHECK_OK(answer.add_result(path, items, recorder.take()));
  }
  http::Response response;
  fhir::write_json(context.definitions, *answer.parameters().root().node, {}, response.body);
  response.headers.add("Content-Type", std::string(kFhirJson));
  return response;
}

}  // namespace vesta::ops
