// Reading the file, running the expression, printing its items.
#include "server/commands/fhirpath.h"

#include <span>
#include <string_view>

#include "base/clock.h"
#include "base/reason.h"
#include "fhir/json.h"
#include "fhir/xml.h"
#include "fhirpath/item_node.h"
#include "fhirpath/program.h"
#include "server/commands/input_stream.h"

namespace vesta::server::commands {
namespace {

constexpr int kExitUnreadable = 1;
constexpr int kExitBadExpression = 2;

class Printer {
 public:
  Printer(const fhir::Definitions& definitions, fhir::Arena& arena, std::ostream& out)
      : definitions_(definitions), arena_(arena), out_(out) {}

  void print(const fhirpath::Item& item) {
    std::string json;
    fhir::write_json(definitions_, *fhirpath::to_node(definitions_, item, arena_), {}, json);
    out_ << fhirpath::qualified_type(definitions_, item) << '\t' << json << '\n';
  }

 private:
  const fhir::Definitions& definitions_;
  fhir::Arena& arena_;
  std::ostream& out_;
};

// Prints what flows through trace(), as the other lines are, behind its name.
class PrintedTraces : public fhirpath::Services {
 public:
  PrintedTraces(Printer& printer, std::ostream& out) : printer_(printer), out_(out) {}
  void trace(std::string_view name, std::span<const fhirpath::Item> items) override {
    for (const fhirpath::Item& item : items) {
      out_ << "trace " << name << '\t';
      printer_.print(item);
    }
  }

 private:
  Printer& printer_;
  std::ostream& out_;
};

Result<std::string> read_input(const std::string& file, std::istream& input) {
  if (file != "-") {
    VESTA_TRY(const std::unique_ptr<InputStream> stream, open_input(file));
    return read_all(*stream, kMaxFhirpathFileBytes, fhir::kJsonPadding);
  }
  std::string text;
  while (input && text.size() <= kMaxFhirpathFileBytes) {
    char part[64 * 1024];
    input.read(part, sizeof part);
    text.append(part, static_cast<std::size_t>(input.gcount()));
  }
  if (text.size() > kMaxFhirpathFileBytes) {
    return make_error(Category::too_large, "more than 256 MiB (kMaxFhirpathFileBytes)");
  }
  text.reserve(text.size() + fhir::kJsonPadding);
  return text;
}

Result<fhir::Node*> read_resource(const fhir::Definitions& definitions, const std::string& text, fhir::Arena& arena) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  std::string_view start = text;
  if (start.starts_with(kByteOrderMark)) start.remove_prefix(kByteOrderMark.size());
  const std::size_t first = start.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && start[first] == '<') return fhir::XmlReader(definitions).read(text, arena);
  return fhir::JsonReader(definitions).read(text, arena);
}

}  // namespace

int run_fhirpath(const FhirpathOptions& options, const fhir::Definitions& definitions, std::istream& input,
                 std::ostream& out, std::ostream& errors) {
  const auto text = read_input(options.file, input);
  if (!text.ok()) {
    errors << "vesta: " << options.file << ": " << text.error().message << '\n';
    return kExitUnreadable;
  }
  fhir::Arena arena;
  const auto resource = read_resource(definitions, *text, arena);
  if (!resource.ok()) {
    errors << "vesta: " << options.file << ": " << reason_of(resource.error()) << '\n';
    return kExitUnreadable;
  }
  Printer printer(definitions, arena, out);
  PrintedTraces traces(printer, out);
  fhirpath::Services silent;
  const fhirpath::Surroundings surroundings{nullptr, &system_clock(), options.shows_trace ? &traces : &silent};
  fhirpath::Collection items;
  const auto program = fhirpath::compile(definitions, (*resource)->type, options.expression);
  const Status ran = program.ok() ? (*program)->evaluate(**resource, arena, items, surroundings) : program.error();
  if (!ran.ok()) {
    errors << "vesta: " << ran.error().message << '\n';
    return kExitBadExpression;
  }
  for (const fhirpath::Item& item : items) printer.print(item);
  return 0;
}

}  // namespace vesta::server::commands
