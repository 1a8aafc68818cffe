// For tests: random resources of any type, drawn from the definitions' element tables alone.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fhir/definitions.h"

namespace vesta::search::testing {

// What all random tests draw from; the same seed gives the same test.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  // Draws from `bytes`, which it borrows, while there are some: so a fuzzer steers. Then from their sum as a seed.
  explicit Dice(std::span<const std::uint8_t> bytes)
      : random_(std::accumulate(bytes.begin(), bytes.end(), std::uint64_t{0})), bytes_(bytes) {}

  int below(int limit) { return static_cast<int>(next() % static_cast<std::uint64_t>(limit)); }
  bool chance(int percent) { return below(100) < percent; }
  template <class Range>
  const auto& pick(const Range& from) {
    return from[static_cast<std::size_t>(below(static_cast<int>(std::size(from))))];
  }

 private:
  std::uint64_t next() {
    if (bytes_.empty()) return random_();
    const std::uint64_t byte = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return byte;
  }

  std::mt19937_64 random_;
  std::span<const std::uint8_t> bytes_;
};

// A number from the environment, for seeds and sizes of random tests.
inline std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}
// The seed of a random test: from the environment, else a new one. Printed, so that a failure can be run again.
inline std::uint64_t seed_from(const char* name) {
  const std::uint64_t seed = setting(name, std::random_device{}());
  std::printf("%s=%llu\n", name, static_cast<unsigned long long>(seed));
  return seed;
}

// Sanitizers and builds without optimization are many times slower: long random tests do so much less there.
#if defined(__has_feature)  // clang's way to say it
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(undefined_behavior_sanitizer)
#define VESTA_SLOW_BUILD
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(NDEBUG)
#define VESTA_SLOW_BUILD
#endif
#ifdef VESTA_SLOW_BUILD
inline constexpr std::uint64_t kSlowness = 20;
#else
inline constexpr std::uint64_t kSlowness = 1;
#endif

// By the form of a primitive, unescaped. Texts in several cases and scripts; times of every precision and zone.
namespace pools {
inline constexpr std::string_view kBooleans[] = {"true", "false"};
inline constexpr std::string_view kIntegers[] = {"0", "1", "2", "-1", "100", "2147483647"};
inline constexpr std::string_view kUnsigned[] = {"0", "1", "2", "100"};
inline constexpr std::string_view kPositive[] = {"1", "2", "3", "100"};
inline constexpr std::string_view kDecimals[] = {"0",   "1",  "1.0", "1.50", "-1.5", "1e2",  "99.5",
                                                 "100", "-0", "2",   "0.5",  "1.05", "37.2", "1E-3"};
inline constexpr std::string_view kStrings[] = {"Ada",
                                                "ada",
                                                "ADA Lovelace",
                                                "Bob",
                                                "\xC3\x9C"
                                                "bel",
                                                "ubel",
                                                "Abel",
                                                "a \"b\" \\c",
                                                "x",
                                                "tab\there",
                                                "1",
                                                "1.5",
                                                "\xE6\x9D\x8E",
                                                "Stra\xC3\x9F"
                                                "e"};
inline constexpr std::string_view kCodes[] = {"active", "final", "a", "A", "b", "male", "completed", "8867-4", "kg"};
inline constexpr std::string_view kIds[] = {"a", "B", "c.1", "d-2"};
inline constexpr std::string_view kUris[] = {
    "http://loinc.org", "http://example.org/a", "http://example.org/A",  "http://unitsofmeasure.org",
    "urn:oid:1.2.3",    "urn:iso:std:iso:4217", "http://example.org/a/b"};
inline constexpr std::string_view kCanonicals[] = {"http://example.org/a",   "http://example.org/a|1",
                                                   "http://example.org/a|2", "http://example.org/a|1.2",
                                                   "http://example.org/a/b", "http://example.org/b#part"};
inline constexpr std::string_view kUnits[] = {"kg", "g", "mg", "m", "cm", "mm[Hg]", "a"};  // of UCUM: a is a year
inline constexpr std::string_view kNarratives[] = {
    "<div xmlns='http://www.w3.org/1999/xhtml'>Ada's left heart, ADA</div>",
    "<div xmlns='http://www.w3.org/1999/xhtml'><p>Bob</p><p>heart-beat x1.5</p></div>",
    "<div xmlns='http://www.w3.org/1999/xhtml'>\xC3\x9C"
    "bel &amp; \xE6\x9D\x8E</div>"};
inline constexpr std::string_view kOids[] = {"urn:oid:1.2.3", "urn:oid:2.16.840"};
inline constexpr std::string_view kUuids[] = {"urn:uuid:00000000-0000-4000-8000-000000000001"};
inline constexpr std::string_view kBase64[] = {"YQ==", "YWJj"};
inline constexpr std::string_view kDates[] = {"2019",       "2020",       "2020-02",   "2020-02-29",
                                              "2020-03-01", "1999-12-31", "2021-06-15"};
inline constexpr std::string_view kDateTimes[] = {"2020",
                                                  "2020-02",
                                                  "2020-02-29",
                                                  "2020-03-01",
                                                  "2020-02-29T23:30:00Z",
                                                  "2020-03-01T00:30:00+01:00",
                                                  "2020-02-29T23:30:00.500Z",
                                                  "2020-02-29T18:30:00.123456-05:00",
                                                  "1969-12-31T23:59:59Z",
                                                  "2021-06-15T10:00:00Z"};
inline constexpr std::string_view kInstants[] = {"2020-02-29T23:30:00Z", "2020-03-01T00:30:00.500+01:00",
                                                 "2021-06-15T10:00:00Z"};
inline constexpr std::string_view kTimes[] = {"10:00:00", "23:59:59.5"};
}  // namespace pools

// The small pools that resources and plans draw from: so plans hit resources, and references hit other resources.
struct RandomPool {
  std::vector<fhir::TypeId> types;  // of the resources that are made, and that references point to
  int ids_per_type = 30;
  static constexpr std::string_view kBaseUrl = "http://example.org/fhir";  // of the server that has the resources

  static std::string id(int number) {
    if (number % 3 == 0) return "r" + std::to_string(number);
    char text[40];
    std::snprintf(text, sizeof text, "%08x-0000-4000-8000-%012x", static_cast<unsigned>(number) * 2654435761u,
                  static_cast<unsigned>(number));
    return text;
  }
  std::string any_id(Dice& dice) const { return id(dice.below(ids_per_type)); }

  // "Patient/r3", and the other forms of a reference: versioned, absolute, a urn, contained.
  std::string any_reference(const fhir::Definitions& definitions, Dice& dice) const {
    const std::string local = std::string(definitions.type(dice.pick(types)).name) + "/" + any_id(dice);
    switch (dice.below(20)) {
      case 0:
        return local + "/_history/" + std::to_string(1 + dice.below(3));
      case 1:
      case 4:
        return std::string(kBaseUrl) + "/" + local;
      case 5:
        return "http://example.org/other/" + local;
      case 2:
        return "urn:uuid:00000000-0000-4000-8000-00000000000" + std::to_string(dice.below(3));
      case 3:
      case 6:
        return "#c" + std::to_string(dice.below(2));
      default:
        return local;
    }
  }

  // What a primitive of this form may be, unescaped.
  static std::span<const std::string_view> values(fhir::Primitive primitive);
};

inline std::span<const std::string_view> RandomPool::values(fhir::Primitive primitive) {
  using P = fhir::Primitive;
  switch (primitive) {
    case P::boolean:
      return pools::kBooleans;
    case P::integer:
      return pools::kIntegers;
    case P::unsigned_int:
      return pools::kUnsigned;
    case P::positive_int:
      return pools::kPositive;
    case P::decimal:
      return pools::kDecimals;
    case P::code:
      return pools::kCodes;
    case P::id:
      return pools::kIds;
    case P::uri:
    case P::url:
      return pools::kUris;
    case P::canonical:
      return pools::kCanonicals;
    case P::oid:
      return pools::kOids;
    case P::uuid:
      return pools::kUuids;
    case P::base64_binary:
      return pools::kBase64;
    case P::date:
      return pools::kDates;
    case P::date_time:
      return pools::kDateTimes;
    case P::instant:
      return pools::kInstants;
    case P::time:
      return pools::kTimes;
    case P::xhtml:
      return pools::kNarratives;
    case P::none:
    case P::string:
    case P::markdown:
      break;
  }
  return pools::kStrings;
}

// Draws resources as JSON text. Nothing here knows a type: elements, cardinalities, choices and primitives come from
// the tables. Left out are extensions, and nested resources but contained ones, which no parameter of R4 looks into but
// by `Bundle.entry[0].resource`. Borrows everything.
class RandomResource {
 public:
  struct Limits {
    int max_depth = 5;           // of elements; deeper ones only where they are required
    int max_repetitions = 3;     // of an element that is a list
    int max_elements = 400;      // of one resource; then only what is required
    int primitive_percent = 65;  // chance of an optional primitive
    int complex_percent = 40;    // chance of an optional datatype or backbone
    int contained_percent = 25;  // chance that it contains others, up to three
  };

  RandomResource(const fhir::Definitions& definitions, const RandomPool& pool, Dice& dice)
      : RandomResource(definitions, pool, dice, Limits()) {}
  RandomResource(const fhir::Definitions& definitions, const RandomPool& pool, Dice& dice, const Limits& limits)
      : definitions_(definitions), pool_(pool), dice_(dice), limits_(limits) {}

  // {"resourceType":…,"id":…,…}: valid for fhir::JsonReader.
  std::string json(fhir::TypeId type, std::string_view id) {
    elements_ = 0;
    std::string out = "{\"resourceType\":\"" + std::string(definitions_.type(type).name) + "\",\"id\":\"";
    out.append(id).append("\"");
    append_elements(type, 0, out);
    const bool may_contain = definitions_.find_element(type, "contained") != nullptr;
    if (may_contain && dice_.chance(limits_.contained_percent)) append_contained(out);
    out.push_back('}');
    return out;
  }

 private:
  // "c0", "c1", …, as any_reference may name them; some without an id.
  void append_contained(std::string& out) {
    out += ",\"contained\":[";
    const int count = 1 + dice_.below(3);
    for (int place = 0; place < count; ++place) {
      const fhir::TypeId type = dice_.pick(pool_.types);
      elements_ = limits_.max_elements / 2;
      out += (place == 0 ? "{" : ",{") + ("\"resourceType\":\"" + std::string(definitions_.type(type).name)) + "\"";
      if (dice_.chance(90)) out += ",\"id\":\"c" + std::to_string(place) + "\"";
      append_elements(type, 0, out);
      out.push_back('}');
    }
    out.push_back(']');
  }

  static bool is_left_out(const fhir::Element& element, int depth) {
    if (element.type == fhir::kNoType) return true;
    if (element.json_name == "id" && depth == 0) return true;  // it was given
    return element.json_name == "extension" || element.json_name == "modifierExtension";
  }

  bool is_primitive(const fhir::Element& element) const {
    return definitions_.type(element.type).kind == fhir::TypeKind::primitive;
  }

  bool wants(const fhir::Element& element, int depth) {
    if (element.min > 0) return true;
    if (depth >= limits_.max_depth || elements_ >= limits_.max_elements) return false;
    return dice_.chance(is_primitive(element) ? limits_.primitive_percent : limits_.complex_percent);
  }

  // All elements of an object, each behind a comma. Alternatives of a choice share their order: one of them is drawn.
  void append_elements(fhir::TypeId type, int depth, std::string& out) {
    const std::span<const fhir::Element> elements = definitions_.type(type).elements;
    for (std::size_t at = 0; at < elements.size();) {
      std::size_t end = at + 1;
      while (elements[at].is_choice && end < elements.size() && elements[end].order == elements[at].order) ++end;
      const fhir::Element& element = elements[at + static_cast<std::size_t>(dice_.below(static_cast<int>(end - at)))];
      at = end;
      if (!is_left_out(element, depth) && wants(element, depth)) append_element(type, element, depth, out);
    }
  }

  void append_element(fhir::TypeId owner, const fhir::Element& element, int depth, std::string& out) {
    std::string values;
    for (int left = element.is_list ? 1 + dice_.below(limits_.max_repetitions) : 1; left > 0; --left) {
      std::string value = value_of(owner, element, depth);
      if (value.empty()) continue;  // nothing was drawn for an optional object
      if (!values.empty()) values.push_back(',');
      values += value;
    }
    if (values.empty()) return;
    out.append(",\"").append(element.json_name).append("\":");
    if (element.is_list) values = "[" + values + "]";
    out += values;
  }

  // JSON of one value; empty: an object without elements, which FHIR does not have.
  std::string value_of(fhir::TypeId owner, const fhir::Element& element, int depth) {
    ++elements_;
    std::string out;
    if (!is_primitive(element)) {
      append_elements(element.type, depth + 1, out);
      if (out.empty() && element.min > 0) append_any(element.type, depth + 1, out);
      if (out.empty()) return out;
      out.front() = '{';  // in the place of the first comma
      out.push_back('}');
      return out;
    }
    const fhir::Primitive primitive = definitions_.type(element.type).primitive;
    const std::string text = text_of(owner, element, primitive);
    return is_bare(primitive) ? text : quoted(text);
  }

  // By the form of the primitive, but where the tables do not tell it: references, and units that fit each other.
  std::string text_of(fhir::TypeId owner, const fhir::Element& element, fhir::Primitive primitive) {
    const std::string_view name = definitions_.type(owner).name;
    if (element.json_name == "reference" && name == "Reference") return pool_.any_reference(definitions_, dice_);
    if (name == "Quantity" && dice_.chance(70)) {
      if (element.json_name == "system") return "http://unitsofmeasure.org";
      if (element.json_name == "code") return std::string(dice_.pick(pools::kUnits));
    }
    return std::string(dice_.pick(RandomPool::values(primitive)));
  }

  // A required object needs at least one element: its first optional one that is primitive, or else any.
  void append_any(fhir::TypeId type, int depth, std::string& out) {
    for (const bool primitives : {true, false}) {
      for (const fhir::Element& element : definitions_.type(type).elements) {
        if (element.type == fhir::kNoType || is_primitive(element) != primitives || is_left_out(element, depth))
          continue;
        fhir::Element required = element;
        required.min = 1;
        return append_element(type, required, depth, out);
      }
    }
  }

  static bool is_bare(fhir::Primitive primitive) {
    using P = fhir::Primitive;
    return primitive == P::boolean || primitive == P::integer || primitive == P::unsigned_int ||
           primitive == P::positive_int || primitive == P::decimal;
  }
  static std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
      if (c == '"' || c == '\\') out.push_back('\\');
      if (c == '\t') {
        out += "\\t";
      } else {
        out.push_back(c);
      }
    }
    return out + "\"";
  }

  const fhir::Definitions& definitions_;
  const RandomPool& pool_;
  Dice& dice_;
  const Limits limits_;
  int elements_ = 0;
};

}  // namespace vesta::search::testing
