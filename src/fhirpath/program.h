// FHIRPath: compile an expression once, evaluate it on typed trees. https://hl7.org/fhirpath/N1/ and
// https://hl7.org/fhir/R4/fhirpath.html
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "fhir/definitions.h"
#include "fhir/node.h"
#include "fhirpath/services.h"

namespace vesta::fhirpath {

inline constexpr std::size_t kMaxExpressionBytes = 16 * 1024;
inline constexpr std::size_t kMaxExpressionDepth = 64;
inline constexpr std::size_t kMaxSteps = 1'000'000;  // of one evaluation
inline constexpr std::size_t kMaxOutput = 100'000;   // items of one collection
// Regular expressions that a program keeps compiled; those beyond are compiled in each evaluation.
inline constexpr std::size_t kMaxKeptPatterns = 16;

// One item of a collection. A node of the tree, a value that the expression made, or what a Reference points to.
struct Item {
  enum class Kind : unsigned char {
    node,      // `node`
    resolved,  // the target of a reference whose resource is not at hand: `type` and `text` (the reference's text)
    boolean,
    integer,
    decimal,
    string,
    date,
    date_time,
    time,
    quantity,   // `text` holds the literal's text: a number, a space, a calendar word or a code in quotes
    type_info,  // what type() yields: `text` is the qualified name of a type
  };
  Kind kind = Kind::node;
  fhir::TypeId type = fhir::kNoType;  // of the node or the target; kNoType for system values and unknown targets
  const fhir::Node* node = nullptr;
  std::string_view text;
  bool boolean_value = false;
};
using Collection = std::vector<Item>;

// What one evaluation stands on beside the tree. All of it is optional, borrowed, and outlives the evaluation.
struct Surroundings {
  const fhir::Node* resource = nullptr;  // %resource, where the root is an element in it; null: the root itself
  Clock* clock = nullptr;                // of now(), today() and timeOfDay(), which are errors without it
  Services* services = nullptr;          // what the language asks of the world around the tree
  std::int64_t row_index = 0;            // %rowIndex, of Dialect::view
  std::size_t* steps = nullptr;          // counts the steps of several evaluations; null: nobody counts
  // What CompileOptions::variables are, in their order. Their items are borrowed from what outlives the result.
  std::span<const Collection> variables = {};
};

// A compiled expression, bound to one root type. Immutable; any number of threads may run it at the same time.
class Program {
 public:
  ~Program();

  // Appends the result of the expression on `root` to `out`, in order. Texts of the items live in the tree, in `arena`,
  // or (literals) in the program.
  // Errors (category invalid): what the language defines as an error, or a limit by its name.
  Status evaluate(const fhir::Node& root, fhir::Arena& arena, Collection& out,
                  const Surroundings& surroundings = {}) const;

  // True if the expression cannot yield anything for its root type (a union branch of another type only).
  bool always_empty() const;
  // False if no item can be a node of `type` or of a type that derives from it.
  bool may_yield(fhir::TypeId type) const;
  // The types that the items may be nodes of, where that is known; nullopt: of any type. (Values that the expression
  // makes have none.)
  std::optional<std::span<const fhir::TypeId>> node_types() const;
  // The names of children that the expression begins with: on a root that has none of them it yields nothing. nullopt:
  // it may yield something on any root.
  std::optional<std::span<const fhir::NameId>> first_names() const;
  // The kinds of values that the expression makes, where its items are not nodes; meaningless if node_types() is
  // nullopt.
  std::span<const Item::Kind> value_kinds() const;
  // How many regular expressions it keeps, which are the larger part of its memory.
  std::size_t kept_patterns() const;

  struct Impl;
  explicit Program(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

// How the elements of a choice are named. In FHIRPath it is `value`; people who know JSON write `valueDateTime`.
enum class ChoiceNames : unsigned char {
  element,          // https://hl7.org/fhir/R4/fhirpath.html#paths
  element_or_json,  // DEVIATION: `valueDateTime` as well, for `value.ofType(dateTime)`
};

// Where the expressions of SearchParameters, of constraints and of ViewDefinitions differ from the language.
enum class Dialect : unsigned char {
  standard,
  // DEVIATION: `as` filters lists, where the language calls more than one item an error, since R4's own search
  // parameters apply it to lists: (Group.characteristic.value as CodeableConcept). `DateTime` in `as` means FHIR's
  // dateTime too: R4's composite search parameters spell it so.
  search,
  // DEVIATION: `as` filters lists, as R4's invariant dom-3 has it.
  invariant,
  // With %rowIndex. https://build.fhir.org/ig/FHIR/sql-on-fhir-v2/StructureDefinition-ViewDefinition.html
  view,
};

// Whether functions that need an order (first, last, tail, skip, take, an indexer) are errors on collections that have
// none (children, descendants).
enum class OrderCheck : unsigned char { off, on };

// What an element is that none of the known types has: an error, or nothing.
enum class UnknownElements : unsigned char { error, empty };

// A constant that the caller defines: `%name` is a value of this kind. It goes before the language's own.
struct ExternalConstant {
  std::string_view name;
  Item::Kind kind = Item::Kind::string;
  std::string_view text;
};

struct CompileOptions {
  ChoiceNames choice_names = ChoiceNames::element;
  Dialect dialect = Dialect::standard;
  OrderCheck order_check = OrderCheck::off;
  UnknownElements unknown_elements = UnknownElements::error;
  // Both are borrowed for the time of the compilation.
  std::span<const ExternalConstant> constants = {};
  // %name: what each evaluation gives. A name of a constant, or one that is there twice, is an error.
  // https://hl7.org/fhirpath/N1/#environment-variables
  std::span<const std::string> variables = {};
  std::size_t kept_patterns = kMaxKeptPatterns;  // at most
};

// `definitions` outlives the program.
//
// Compiles `expression` for trees whose root is of `root_type`. A path that starts with a type's name selects the root
// if the root is of that type, and is empty otherwise (so `Patient.name | Practitioner.name` bound to Patient keeps its
// first branch). Errors (category invalid; issue expression = the text, diagnostics = line and column): syntax, an
// unknown function, an unknown element of a known type, an unknown type, a limit.
Result<std::unique_ptr<Program>> compile(const fhir::Definitions& definitions, fhir::TypeId root_type,
                                         std::string_view expression, const CompileOptions& options = {});
// As above, for trees whose root is of one of `root_types` (nullopt: of any type), such as node_types() of another
// program.
Result<std::unique_ptr<Program>> compile(const fhir::Definitions& definitions,
                                         std::optional<std::span<const fhir::TypeId>> root_types,
                                         std::string_view expression, const CompileOptions& options = {});

}  // namespace vesta::fhirpath
