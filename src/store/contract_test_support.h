// For tests of engines: index values made by hand, write sets, queries, and walks over all pages.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "fhir/datetime.h"
#include "search/decimal_key.h"
#include "search/parameter.h"
#include "search/text.h"
#include "store/store.h"

namespace vesta::store::test {

inline const search::Registry& registry() {
  static const search::Registry made(fhir::r4());
  return made;
}

inline fhir::TypeId type_of(std::string_view name) {
  return *fhir::r4().find_resource_type(name);
}

inline const search::Parameter& parameter(std::string_view type, std::string_view code) {
  const search::Parameter* found = registry().find(type_of(type), code);
  CHECK(found != nullptr);
  return *found;
}

// Stands still unless it is set. Thread-safe.
class FakeClock final : public Clock {
 public:
  Instant now() override { return Instant{now_.load()}; }
  std::chrono::steady_clock::time_point monotonic() override { return std::chrono::steady_clock::now(); }
  void set(std::int64_t micros) { now_ = micros; }

 private:
  std::atomic<std::int64_t> now_{1'577'836'800'000'000};
};

// A view of `text` that lives as long as the process, so that values may be passed around by value.
inline std::string_view keep(std::string text) {
  static std::mutex mutex;
  static std::set<std::string, std::less<>>& kept = *new std::set<std::string, std::less<>>;
  const std::lock_guard lock(mutex);
  return *kept.insert(std::move(text)).first;
}

// Index values of one resource, as extraction would give them: sorted, without duplicates.
class Values {
 public:
  Values& token(const search::Parameter& parameter, const std::string& code, const std::string& system = "") {
    return add(values_.tokens, {parameter.id, keep(code), keep(system)});
  }
  Values& string(const search::Parameter& parameter, const std::string& exact) {
    std::string folded;
    search::fold(exact, folded);
    return add(values_.strings, {parameter.id, keep(folded), keep(exact)});
  }
  Values& reference(const search::Parameter& parameter, const std::string& type, const std::string& id) {
    return add(values_.references, {parameter.id, type_of(type), keep(id)});
  }
  Values& date(const search::Parameter& parameter, std::int64_t low, std::int64_t high) {
    return add(values_.dates, {parameter.id, low, high});
  }
  Values& number(const search::Parameter& parameter, const std::string& low, const std::string& high) {
    return add(values_.numbers, {parameter.id, decimal(low), decimal(high)});
  }
  Values& quantity(const search::Parameter& parameter, const std::string& low, const std::string& high,
                   const std::string& system, const std::string& code, const std::string& unit) {
    return add(values_.quantities, {parameter.id, decimal(low), decimal(high), keep(system), keep(code), keep(unit)});
  }
  Values& uri(const search::Parameter& parameter, const std::string& uri) {
    return add(values_.uris, {parameter.id, keep(uri)});
  }
  // One element, with a value of each component.
  Values& composite(const search::Parameter& parameter, std::vector<search::ComponentValue> components) {
    return add(values_.composites, search::CompositeValue{parameter.id, std::move(components)});
  }
  Values& position(const search::Parameter& parameter, double latitude, double longitude) {
    return add(values_.positions, {parameter.id, latitude, longitude});
  }
  Values& word(const search::Parameter& parameter, const std::string& word) {
    return add(values_.words, {parameter.id, keep(word)});
  }
  Values& present(const search::Parameter& parameter) { return add(values_.present, parameter.id); }
  const search::IndexValues& values() const { return values_; }

 private:
  // "-oo" and "+oo" are the open ends.
  static std::string_view decimal(const std::string& text) {
    if (text == "-oo") return keep(search::decimal_key_minus_infinity());
    if (text == "+oo") return keep(search::decimal_key_plus_infinity());
    return keep(*search::decimal_key(text));
  }
  template <class Value>
  Values& add(std::vector<Value>& values, Value value) {
    const auto at = std::lower_bound(values.begin(), values.end(), value);
    if (at == values.end() || *at != value) values.insert(at, value);
    return *this;
  }
  search::IndexValues values_;
};

inline Values code_value(const std::string& code) {
  return Values().token(parameter("Observation", "code"), code, "http://loinc.org");
}

// "Patient/p1" is a local reference.
inline Values observation(const std::string& code, const std::string& status, const std::string& subject,
                          const std::string& date, const std::string& value) {
  const auto when = *fhir::parse_time_range(date);
  const std::size_t slash = subject.find('/');
  return code_value(code)
      .token(parameter("Observation", "status"), status)
      .reference(parameter("Observation", "subject"), subject.substr(0, slash), subject.substr(slash + 1))
      .date(parameter("Observation", "date"), when.low, when.high)
      .quantity(parameter("Observation", "value-quantity"), value, value, "http://unitsofmeasure.org", "kg",
                "kilogram");
}

inline Write make_put(const std::string& type, const std::string& id, std::uint64_t expected, const std::string& tail,
                      const Values& added, const Values& removed) {
  return {Write::Kind::put, type_of(type), id, {expected}, tail, added.values(), removed.values()};
}
inline Write make_remove(const std::string& type, const std::string& id, std::uint64_t expected,
                         const Values& removed) {
  return {Write::Kind::remove, type_of(type), id, {expected}, "", {}, removed.values()};
}

inline search::Query all_query(const std::string& type) {
  return {type_of(type), search::Plan::make_all(), {}};
}
inline search::Query leaf_query(const std::string& type, search::Leaf leaf) {
  return {type_of(type), search::Plan::make_leaf(std::move(leaf)), {}};
}
inline search::Query token_query(const std::string& type, const std::string& code, const std::string& value) {
  return leaf_query(type, {&parameter(type, code), search::TokenMatch{std::nullopt, value}});
}
inline search::Query reference_query(const std::string& type, const std::string& code, const std::string& target,
                                     const std::string& id) {
  return leaf_query(type, {&parameter(type, code), search::ReferenceMatch{{type_of(target)}, id}});
}
inline search::Query date_query(const std::string& type, const std::string& code, search::Prefix prefix,
                                const std::string& date) {
  const auto range = *fhir::parse_time_range(date);
  return leaf_query(type, {&parameter(type, code), search::DateMatch{prefix, range.low, range.high}});
}

// The ids of all pages.
inline std::vector<std::string> all_pages(Store& store, std::span<const search::Query> queries, std::uint32_t count,
                                          search::Total total = search::Total::none,
                                          const search::Visibility* visible = nullptr) {
  std::vector<std::string> ids;
  SearchOptions options{.count = count, .from = {}, .total = total, .visible = visible};
  for (;;) {
    auto page = store.search(queries, options);
    EXPECT_TRUE(page.ok()) << page.error().message;
    if (!page.ok()) return ids;
    EXPECT_LE(page->entries.size(), count);
    for (const Version& version : page->entries) ids.push_back(version.id);
    if (!page->next) return ids;
    EXPECT_EQ(page->entries.size(), count) << "only the last page may be short";
    if (page->entries.empty()) return ids;
    options.from = *page->next;
  }
}
inline std::vector<std::string> all_pages(Store& store, const search::Query& query, std::uint32_t count,
                                          search::Total total = search::Total::none) {
  return all_pages(store, std::span(&query, 1), count, total);
}

// The same from the end, page by page to the start; checks each page's positions.
inline std::vector<std::string> all_pages_backward(Store& store, std::span<const search::Query> queries,
                                                   std::uint32_t count, const search::Visibility* visible = nullptr) {
  std::vector<std::string> ids;
  SearchOptions options{.count = count, .direction = SearchOptions::Direction::backward, .visible = visible};
  for (;;) {
    auto page = store.search(queries, options);
    EXPECT_TRUE(page.ok()) << page.error().message;
    if (!page.ok()) return ids;
    EXPECT_EQ(page->next.has_value(), !options.from.empty()) << "something comes after all pages but the last";
    std::vector<std::string> found;
    for (const Version& version : page->entries) found.push_back(version.id);
    ids.insert(ids.begin(), found.begin(), found.end());
    if (!page->previous) return ids;
    EXPECT_EQ(found.size(), count) << "only the first page may be short";
    if (found.empty()) return ids;
    options.from = *page->previous;
  }
}
inline std::vector<std::string> all_pages_backward(Store& store, const search::Query& query, std::uint32_t count) {
  return all_pages_backward(store, std::span(&query, 1), count);
}

// "id/version" of all pages of a history; checks the total on the way.
inline std::vector<std::string> history_names(Store& store, HistoryQuery query) {
  std::vector<std::string> names;
  query.count = 2;
  std::optional<std::uint64_t> total;
  for (;;) {
    auto page = store.history(query);
    EXPECT_TRUE(page.ok());
    if (!page.ok()) return names;
    if (page->total) total = page->total;
    for (const Version& version : page->entries) {
      names.push_back(version.id + "/" + std::to_string(version.version.value));
      query.before = version.seq;
    }
    if (!page->more) break;
  }
  EXPECT_EQ(total.value_or(9999), names.size());
  return names;
}

}  // namespace vesta::store::test
