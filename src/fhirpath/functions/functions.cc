// The table of functions.
#include "fhirpath/functions/functions.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "fhirpath/functions/bodies.h"

namespace vesta::fhirpath {
namespace {

constexpr ArgumentScope kOuter = ArgumentScope::outer;
constexpr ArgumentScope kItem = ArgumentScope::item;

// Sorted by name (bytes). is(), as() and ofType() take a type, not an expression: they belong to the binder.
constexpr std::array kFunctions = {
    Function{"all", 1, 1, kItem, ResultType::boolean, functions::all},
    Function{"allFalse", 0, 0, kOuter, ResultType::boolean, functions::all_false},
    Function{"allTrue", 0, 0, kOuter, ResultType::boolean, functions::all_true},
    Function{"anyFalse", 0, 0, kOuter, ResultType::boolean, functions::any_false},
    Function{"anyTrue", 0, 0, kOuter, ResultType::boolean, functions::any_true},
    Function{"combine", 1, 1, kOuter, ResultType::combined, functions::combine},
    Function{"contains", 1, 1, kOuter, ResultType::boolean, functions::contains},
    Function{"count", 0, 0, kOuter, ResultType::integer, functions::count},
    Function{"distinct", 0, 0, kOuter, ResultType::input, functions::distinct},
    Function{"empty", 0, 0, kOuter, ResultType::boolean, functions::empty},
    Function{"endsWith", 1, 1, kOuter, ResultType::boolean, functions::ends_with},
    Function{"exists", 0, 1, kItem, ResultType::boolean, functions::exists},
    Function{"extension", 1, 1, kOuter, ResultType::extension, functions::extension},
    Function{"first", 0, 0, kOuter, ResultType::input, functions::first},
    Function{"getValue", 0, 0, kOuter, ResultType::children, functions::get_value},
    Function{"hasExtension", 1, 1, kOuter, ResultType::boolean, functions::has_extension},
    Function{"hasValue", 0, 0, kOuter, ResultType::boolean, functions::has_value},
    Function{"iif", 2, 3, kItem, ResultType::branches, functions::conditional},
    Function{"isDistinct", 0, 0, kOuter, ResultType::boolean, functions::is_distinct},
    Function{"last", 0, 0, kOuter, ResultType::input, functions::last},
    Function{"not", 0, 0, kOuter, ResultType::boolean, functions::negate},
    Function{"resolve", 0, 0, kOuter, ResultType::resource, functions::resolve},
    Function{"select", 1, 1, kItem, ResultType::argument, functions::select},
    Function{"single", 0, 0, kOuter, ResultType::input, functions::single},
    Function{"skip", 1, 1, kOuter, ResultType::input, functions::skip},
    Function{"startsWith", 1, 1, kOuter, ResultType::boolean, functions::starts_with},
    Function{"tail", 0, 0, kOuter, ResultType::input, functions::tail},
    Function{"take", 1, 1, kOuter, ResultType::input, functions::take},
    Function{"union", 1, 1, kOuter, ResultType::combined, functions::unite},
    Function{"where", 1, 1, kItem, ResultType::input, functions::where},
};

// Functions of https://hl7.org/fhirpath/N1/ and https://hl7.org/fhir/R4/fhirpath.html#functions without a body here.
constexpr std::string_view kNotBuilt[] = {"abs",
                                          "aggregate",
                                          "ceiling",
                                          "checkModifiers",
                                          "children",
                                          "conformsTo",
                                          "convertsToBoolean",
                                          "convertsToDate",
                                          "convertsToDateTime",
                                          "convertsToDecimal",
                                          "convertsToInteger",
                                          "convertsToQuantity",
                                          "convertsToString",
                                          "convertsToTime",
                                          "descendants",
                                          "elementDefinition",
                                          "exclude",
                                          "exp",
                                          "floor",
                                          "htmlChecks",
                                          "indexOf",
                                          "intersect",
                                          "length",
                                          "ln",
                                          "log",
                                          "lower",
                                          "matches",
                                          "memberOf",
                                          "now",
                                          "power",
                                          "repeat",
                                          "replace",
                                          "replaceMatches",
                                          "round",
                                          "slice",
                                          "sqrt",
                                          "subsetOf",
                                          "substring",
                                          "subsumedBy",
                                          "subsumes",
                                          "supersetOf",
                                          "timeOfDay",
                                          "toBoolean",
                                          "toChars",
                                          "toDate",
                                          "toDateTime",
                                          "toDecimal",
                                          "toInteger",
                                          "toQuantity",
                                          "toString",
                                          "toTime",
                                          "today",
                                          "trace",
                                          "truncate",
                                          "upper"};

}  // namespace

const Function* find_function(std::string_view name) {
  auto found =
      std::lower_bound(kFunctions.begin(), kFunctions.end(), name,
                       [](const Function& function, std::string_view wanted) { return function.name < wanted; });
  return found != kFunctions.end() && found->name == name ? &*found : nullptr;
}

bool is_known_function(std::string_view name) {
  return find_function(name) != nullptr ||
         std::find(std::begin(kNotBuilt), std::end(kNotBuilt), name) != std::end(kNotBuilt);
}

}  // namespace vesta::fhirpath
