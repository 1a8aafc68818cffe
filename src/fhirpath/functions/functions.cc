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
constexpr ArgumentScope kYielded = ArgumentScope::yielded;
constexpr ArgumentScope kInput = ArgumentScope::input;
constexpr Purity kPattern = Purity::pattern;
constexpr Purity kWorld = Purity::world;

// Of https://hl7.org/fhirpath/N1/ and https://hl7.org/fhir/R4/fhirpath.html#functions, sorted by name (bytes). is(),
// as() and ofType() take a type, not an expression: they belong to the binder.
constexpr std::array kFunctions = {
    Function{"abs", 0, 0, kOuter, ResultType::value, functions::absolute},
    Function{"aggregate", 1, 2, kItem, ResultType::children, functions::aggregate},
    Function{"all", 1, 1, kItem, ResultType::boolean, functions::all},
    Function{"allFalse", 0, 0, kOuter, ResultType::boolean, functions::all_false},
    Function{"allTrue", 0, 0, kOuter, ResultType::boolean, functions::all_true},
    Function{"anyFalse", 0, 0, kOuter, ResultType::boolean, functions::any_false},
    Function{"anyTrue", 0, 0, kOuter, ResultType::boolean, functions::any_true},
    Function{"avg", 0, 0, kOuter, ResultType::value, functions::average},
    Function{"ceiling", 0, 0, kOuter, ResultType::integer, functions::ceiling},
    Function{"checkModifiers", 1, 16, kOuter, ResultType::input, functions::check_modifiers},
    Function{"children", 0, 0, kOuter, ResultType::children, functions::children},
    Function{"coalesce", 1, 16, kInput, ResultType::arguments, functions::coalesce},
    Function{"combine", 1, 1, kOuter, ResultType::combined, functions::combine},
    Function{"comparable", 1, 1, kOuter, ResultType::boolean, functions::comparable},
    Function{"conformsTo", 1, 1, kOuter, ResultType::boolean, functions::conforms_to, kWorld},
    Function{"contains", 1, 1, kOuter, ResultType::boolean, functions::contains},
    Function{"convertsToBoolean", 0, 0, kOuter, ResultType::boolean, functions::converts_to_boolean},
    Function{"convertsToDate", 0, 0, kOuter, ResultType::boolean, functions::converts_to_date},
    Function{"convertsToDateTime", 0, 0, kOuter, ResultType::boolean, functions::converts_to_date_time},
    Function{"convertsToDecimal", 0, 0, kOuter, ResultType::boolean, functions::converts_to_decimal},
    Function{"convertsToInteger", 0, 0, kOuter, ResultType::boolean, functions::converts_to_integer},
    Function{"convertsToQuantity", 0, 1, kOuter, ResultType::boolean, functions::converts_to_quantity},
    Function{"convertsToString", 0, 0, kOuter, ResultType::boolean, functions::converts_to_string},
    Function{"convertsToTime", 0, 0, kOuter, ResultType::boolean, functions::converts_to_time},
    Function{"count", 0, 0, kOuter, ResultType::integer, functions::count},
    Function{"dateOf", 0, 0, kOuter, ResultType::date, functions::date_of},
    Function{"dayOf", 0, 0, kOuter, ResultType::integer, functions::day_of},
    Function{"decode", 1, 1, kOuter, ResultType::string, functions::decode},
    Function{"defineVariable", 1, 2, kInput, ResultType::input, functions::define_variable, kWorld},
    Function{"descendants", 0, 0, kOuter, ResultType::children, functions::descendants},
    Function{"distinct", 0, 0, kOuter, ResultType::input, functions::distinct},
    Function{"elementDefinition", 0, 0, kOuter, ResultType::children, functions::element_definition, kWorld},
    Function{"empty", 0, 0, kOuter, ResultType::boolean, functions::empty},
    Function{"encode", 1, 1, kOuter, ResultType::string, functions::encode},
    Function{"endsWith", 1, 1, kOuter, ResultType::boolean, functions::ends_with},
    Function{"escape", 1, 1, kOuter, ResultType::string, functions::escape},
    Function{"exclude", 1, 1, kOuter, ResultType::input, functions::exclude},
    Function{"exists", 0, 1, kItem, ResultType::boolean, functions::exists},
    Function{"exp", 0, 0, kOuter, ResultType::decimal, functions::exp},
    Function{"extension", 1, 1, kOuter, ResultType::extension, functions::extension},
    Function{"first", 0, 0, kOuter, ResultType::input, functions::first},
    Function{"floor", 0, 0, kOuter, ResultType::integer, functions::floor},
    Function{"getReferenceKey", 0, 1, ArgumentScope::resource_type, ResultType::string, functions::get_reference_key},
    Function{"getResourceKey", 0, 0, kOuter, ResultType::string, functions::get_resource_key},
    Function{"getValue", 0, 0, kOuter, ResultType::children, functions::get_value},
    Function{"hasExtension", 1, 1, kOuter, ResultType::boolean, functions::has_extension},
    Function{"hasValue", 0, 0, kOuter, ResultType::boolean, functions::has_value},
    Function{"highBoundary", 0, 1, kOuter, ResultType::value, functions::high_boundary},
    Function{"hourOf", 0, 0, kOuter, ResultType::integer, functions::hour_of},
    Function{"htmlChecks", 0, 0, kOuter, ResultType::boolean, functions::html_checks},
    Function{"iif", 2, 3, kItem, ResultType::branches, functions::conditional},
    Function{"indexOf", 1, 1, kOuter, ResultType::integer, functions::index_of},
    Function{"intersect", 1, 1, kOuter, ResultType::input, functions::intersect},
    Function{"isDistinct", 0, 0, kOuter, ResultType::boolean, functions::is_distinct},
    Function{"join", 0, 1, kOuter, ResultType::string, functions::join},
    Function{"last", 0, 0, kOuter, ResultType::input, functions::last},
    Function{"lastIndexOf", 1, 1, kOuter, ResultType::integer, functions::last_index_of},
    Function{"length", 0, 0, kOuter, ResultType::integer, functions::length},
    Function{"ln", 0, 0, kOuter, ResultType::decimal, functions::ln},
    Function{"log", 1, 1, kOuter, ResultType::decimal, functions::log},
    Function{"lowBoundary", 0, 1, kOuter, ResultType::value, functions::low_boundary},
    Function{"lower", 0, 0, kOuter, ResultType::string, functions::lower},
    Function{"matches", 1, 1, kOuter, ResultType::boolean, functions::matches, kPattern},
    Function{"matchesFull", 1, 1, kOuter, ResultType::boolean, functions::matches_full, kPattern},
    Function{"max", 0, 0, kOuter, ResultType::input, functions::maximum},
    Function{"memberOf", 1, 1, kOuter, ResultType::boolean, functions::member_of, kWorld},
    Function{"millisecondOf", 0, 0, kOuter, ResultType::integer, functions::millisecond_of},
    Function{"min", 0, 0, kOuter, ResultType::input, functions::minimum},
    Function{"minuteOf", 0, 0, kOuter, ResultType::integer, functions::minute_of},
    Function{"monthOf", 0, 0, kOuter, ResultType::integer, functions::month_of},
    Function{"not", 0, 0, kOuter, ResultType::boolean, functions::negate},
    Function{"now", 0, 0, kOuter, ResultType::date_time, functions::now, kWorld},
    Function{"power", 1, 1, kOuter, ResultType::value, functions::power},
    Function{"precision", 0, 0, kOuter, ResultType::integer, functions::precision},
    Function{"repeat", 1, 1, kYielded, ResultType::argument, functions::repeat},
    Function{"repeatAll", 1, 1, kYielded, ResultType::argument, functions::repeat_all},
    Function{"replace", 2, 2, kOuter, ResultType::string, functions::replace},
    Function{"replaceMatches", 2, 2, kOuter, ResultType::string, functions::replace_matches, kPattern},
    Function{"resolve", 0, 0, kOuter, ResultType::resource, functions::resolve, kWorld},
    Function{"round", 0, 1, kOuter, ResultType::decimal, functions::round},
    Function{"secondOf", 0, 0, kOuter, ResultType::integer, functions::second_of},
    Function{"select", 1, 1, kItem, ResultType::argument, functions::select},
    Function{"single", 0, 0, kOuter, ResultType::input, functions::single},
    Function{"skip", 1, 1, kOuter, ResultType::input, functions::skip},
    Function{"slice", 2, 2, kOuter, ResultType::input, functions::slice, kWorld},
    Function{"sort", 0, 8, kItem, ResultType::input, functions::sort},
    Function{"split", 1, 1, kOuter, ResultType::string, functions::split},
    Function{"sqrt", 0, 0, kOuter, ResultType::decimal, functions::sqrt},
    Function{"startsWith", 1, 1, kOuter, ResultType::boolean, functions::starts_with},
    Function{"subsetOf", 1, 1, kOuter, ResultType::boolean, functions::subset_of},
    Function{"substring", 1, 2, kOuter, ResultType::string, functions::substring},
    Function{"subsumedBy", 1, 1, kOuter, ResultType::boolean, functions::subsumed_by, kWorld},
    Function{"subsumes", 1, 1, kOuter, ResultType::boolean, functions::subsumes, kWorld},
    Function{"sum", 0, 0, kOuter, ResultType::value, functions::sum},
    Function{"supersetOf", 1, 1, kOuter, ResultType::boolean, functions::superset_of},
    Function{"tail", 0, 0, kOuter, ResultType::input, functions::tail},
    Function{"take", 1, 1, kOuter, ResultType::input, functions::take},
    Function{"timeOf", 0, 0, kOuter, ResultType::time, functions::time_of},
    Function{"timeOfDay", 0, 0, kOuter, ResultType::time, functions::time_of_day, kWorld},
    Function{"timezoneOffsetOf", 0, 0, kOuter, ResultType::decimal, functions::timezone_offset_of},
    Function{"toBoolean", 0, 0, kOuter, ResultType::boolean, functions::to_boolean},
    Function{"toChars", 0, 0, kOuter, ResultType::string, functions::to_chars},
    Function{"toDate", 0, 0, kOuter, ResultType::date, functions::to_date},
    Function{"toDateTime", 0, 0, kOuter, ResultType::date_time, functions::to_date_time},
    Function{"toDecimal", 0, 0, kOuter, ResultType::decimal, functions::to_decimal},
    Function{"toInteger", 0, 0, kOuter, ResultType::integer, functions::to_integer},
    Function{"toQuantity", 0, 1, kOuter, ResultType::quantity, functions::to_quantity},
    Function{"toString", 0, 0, kOuter, ResultType::string, functions::to_string},
    Function{"toTime", 0, 0, kOuter, ResultType::time, functions::to_time},
    Function{"today", 0, 0, kOuter, ResultType::date, functions::today, kWorld},
    Function{"trace", 1, 2, kItem, ResultType::input, functions::trace, kWorld},
    Function{"trim", 0, 0, kOuter, ResultType::string, functions::trim},
    Function{"truncate", 0, 0, kOuter, ResultType::integer, functions::truncate},
    Function{"type", 0, 0, kOuter, ResultType::type_info, functions::type},
    Function{"unescape", 1, 1, kOuter, ResultType::string, functions::unescape},
    Function{"union", 1, 1, kOuter, ResultType::combined, functions::unite},
    Function{"upper", 0, 0, kOuter, ResultType::string, functions::upper},
    Function{"where", 1, 1, kItem, ResultType::input, functions::where},
    Function{"yearOf", 0, 0, kOuter, ResultType::integer, functions::year_of},
};

}  // namespace

std::span<const Function> all_functions() {
  return kFunctions;
}

const Function* find_function(std::string_view name) {
  auto found =
      std::lower_bound(kFunctions.begin(), kFunctions.end(), name,
                       [](const Function& function, std::string_view wanted) { return function.name < wanted; });
  return found != kFunctions.end() && found->name == name ? &*found : nullptr;
}

}  // namespace vesta::fhirpath
