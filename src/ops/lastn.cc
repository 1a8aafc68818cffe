// Observation/$lastn: of each code the newest observations.
// https://hl7.org/fhir/R4/observation-operation-lastn.html
//
// - Any search of Observations, of which a patient (or subject) and a category or code must be part; `max` (default 1).
//   What orders, counts or pages a search is refused: the operation itself says what comes, and in which order.
// - Observations are of one group if they share a coding of their code, directly or through others; without a coding,
//   if their code has the same text.
// - Newest by the end of the effective time; those without one come last. Where others were as new as the last of
//   `max`, they are all there.
#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "ops/links.h"
#include "ops/operations.h"
#include "ops/outcome.h"
#include "ops/store_hierarchy.h"
#include "ops/store_id_owners.h"
#include "search/extract.h"

namespace vesta::ops {
namespace {

inline constexpr std::size_t kMaxLastnRows = 10'000;      // observations looked through
inline constexpr std::size_t kMaxLastnEntries = 2'000;    // kept for the answer
inline constexpr std::uint32_t kLastnStep = 500;          // looked at by one search
inline constexpr std::uint32_t kMaxLastnPerGroup = 1000;  // of `max`

Error refused(std::string_view parameter, std::string_view code, std::string message) {
  return Error{
      Category::invalid, {}, {Issue{Severity::error, std::string(code), std::move(message), std::string(parameter)}}};
}

Error too_costly(std::string what) {
  return refused("", "too-costly", "$lastn: " + std::move(what) + "; narrow the search, by a date for example.");
}

struct Asked {
  search::Search search;
  std::uint32_t max = 1;
  std::vector<http::Parameter> applied;
};

Status take_max(const http::Parameter& parameter, std::uint32_t& max) {
  const std::string& text = parameter.value;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), max);
  if (error == std::errc() && end == text.data() + text.size() && max >= 1 && max <= kMaxLastnPerGroup) return kOk;
  return refused("max", "value",
                 "'" + text + "' is no value of max: a number from 1 to " + std::to_string(kMaxLastnPerGroup) + ".");
}

// "subject:Patient.name" is about the subject.
std::string_view base_of(std::string_view name) {
  return name.substr(0, name.find_first_of(":."));
}

Result<Asked> parse(const Context& context, const Call& call) {
  Asked asked;
  std::vector<http::Parameter> criteria;
  bool names_patient = false;
  bool names_code = false;
  bool has_max = false;
  for (const http::Parameter& parameter : call.parameters) {
    if (parameter.name == "max") {
      if (std::exchange(has_max, true)) return refused("max", "value", "max may be given once.");
      VESTA_CHECK_OK(take_max(parameter, asked.max));
      continue;
    }
    const std::string_view base = base_of(parameter.name);
    const bool is_count = base == "_summary" && parameter.value == "count";
    for (const std::string_view other : {"_sort", "_count", "_total", "_include", "_revinclude", "_page"}) {
      if (base == other || is_count) return unknown_parameter(parameter.name, "$lastn");
    }
    const bool filters = !parameter.name.ends_with(":missing") && !parameter.name.ends_with(":not");
    names_patient |= filters && (base == "patient" || base == "subject");
    names_code |= filters && (base == "category" || base == "code");
    criteria.push_back(parameter);
  }
  if (!names_patient) return refused("patient", "required", "$lastn needs a patient or a subject.");
  if (!names_code) return refused("category", "required", "$lastn needs a category or a code.");
  const StoreHierarchy hierarchy = hierarchy_of(context);
  search::ParseContext parse_context{context.registry, context.base_url, context.clock.now(),
                                     call.handling,    context.codes,    &hierarchy};
  parse_context.offers_contained = false;
  const StoreIdOwners id_owners(context);
  parse_context.id_owners = &id_owners;
  VESTA_TRY(asked.search, search::parse_search(parse_context, call.route.type, criteria));
  asked.applied = asked.search.applied;
  if (has_max) asked.applied.push_back({"max", std::to_string(asked.max)});
  return asked;
}

struct Row {
  std::size_t number;  // in the order of the search, newest first
  std::int64_t date;   // INT64_MIN: none
  store::Version version;
};

// The groups so far. A group that was joined to another one stays behind, empty, and points to it.
class Groups {
 public:
  explicit Groups(std::uint32_t max) : max_(max) {}

  void add(const std::vector<std::string>& keys, Row row) {
    std::size_t group = groups_.size();
    for (const std::string& key : keys) {
      const auto found = by_key_.find(key);
      if (found == by_key_.end()) continue;
      const std::size_t other = root(found->second);
      group = group == groups_.size() ? other : join(group, other);
    }
    if (group == groups_.size()) groups_.push_back({group, {}});
    for (const std::string& key : keys) by_key_[key] = group;
    std::vector<Row>& rows = groups_[group].rows;
    if (rows.size() >= max_ && rows.back().date != row.date) return;
    bytes_ += row.version.tail.size();
    ++kept_;
    rows.push_back(std::move(row));
  }
  std::size_t kept() const { return kept_; }
  std::size_t bytes() const { return bytes_; }

  // Group by group, that of the newest observation first.
  std::vector<Row> take() && {
    std::erase_if(groups_, [](const Group& group) { return group.rows.empty(); });
    std::ranges::sort(groups_, {}, [](const Group& group) { return group.rows.front().number; });
    std::vector<Row> all;
    for (Group& group : groups_) std::ranges::move(group.rows, std::back_inserter(all));
    return all;
  }

 private:
  struct Group {
    std::size_t parent;
    std::vector<Row> rows;  // newest first: `max` and those as new as the last of them
  };

  std::size_t root(std::size_t group) const {
    while (groups_[group].parent != group) group = groups_[group].parent;
    return group;
  }

  // What was left out of either is older than `max` of its own, so it is older than `max` of both.
  std::size_t join(std::size_t a, std::size_t b) {
    if (a == b) return a;
    std::vector<Row>& rows = groups_[a].rows;
    std::ranges::move(groups_[b].rows, std::back_inserter(rows));
    groups_[b] = {a, {}};
    std::ranges::sort(rows, {}, &Row::number);
    std::size_t end = std::min<std::size_t>(max_, rows.size());
    while (end > 0 && end < rows.size() && rows[end].date == rows[end - 1].date) ++end;
    for (std::size_t i = end; i < rows.size(); ++i) bytes_ -= rows[i].version.tail.size();
    kept_ -= rows.size() - end;
    rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(end), rows.end());
    return a;
  }

  std::uint32_t max_;
  std::vector<Group> groups_;
  std::map<std::string, std::size_t> by_key_;
  std::size_t kept_ = 0;
  std::size_t bytes_ = 0;
};

// The parameters that say what group an observation is of and when it was.
struct Terms {
  const search::Parameter* code;
  const search::Parameter* date;
};

Status add_row(const Context& context, const Terms& terms, std::size_t number, store::Version version,
               store::Scratch& scratch, Groups& groups) {
  VESTA_TRY(const fhir::Node* const tree, scratch.read(version));
  VESTA_TRY(const search::IndexValues values, search::extract(context.registry, *tree, scratch.arena));
  std::vector<std::string> keys;
  for (const search::TokenValue& token : values.tokens) {
    if (token.parameter != terms.code->id) continue;
    keys.push_back(std::string("c").append(token.system).append("|").append(token.code));
  }
  if (keys.empty()) {
    for (const search::StringValue& text : values.strings) {
      if (text.parameter == terms.code->text) keys.push_back(std::string("t").append(text.exact));
    }
  }
  std::int64_t date = INT64_MIN;
  for (const search::DateValue& value : values.dates) {
    if (value.parameter == terms.date->id) date = std::max(date, value.high);
  }
  groups.add(keys, {number, date, std::move(version)});
  scratch.reset();
  return kOk;
}

Result<std::vector<Row>> find_newest(const Context& context, const Asked& asked, const Terms& terms) {
  search::Query query = asked.search.queries.front();
  query.sort = {{search::SortKey::Column::parameter, terms.date, true}};
  store::SearchOptions options;
  options.count = kLastnStep;
  Groups groups(asked.max);
  std::size_t number = 0;
  store::ScratchLease scratch(context.definitions);
  while (true) {
    VESTA_TRY(store::SearchPage page, context.store.search(query, options));
    for (store::Version& version : page.entries) {
      if (number == kMaxLastnRows) {
        return too_costly("more than " + std::to_string(kMaxLastnRows) + " observations match");
      }
      VESTA_CHECK_OK(add_row(context, terms, number++, std::move(version), *scratch, groups));
      if (groups.kept() > kMaxLastnEntries || groups.bytes() > store::kMaxPageBytes) {
        return too_costly("the answer would have more than " + std::to_string(kMaxLastnEntries) + " observations or " +
                          std::to_string(store::kMaxPageBytes >> 20) + " MB");
      }
    }
    if (!page.next) return std::move(groups).take();
    options.from = std::move(*page.next);
  }
}

}  // namespace

// 1. The search, and what the operation needs of it. 2. Newest first, into groups. 3. All in one Bundle.
Result<http::Response> lastn(Context& context, Call& call) {
  const access::Deidentification* const shown = context.store.grant().deidentification();
  if (shown != nullptr && shown->covers(call.route.type)) {  // their order is no order of dates
    return make_error(Category::forbidden, "$lastn is for those who are shown dates as they are.");
  }
  VESTA_TRY(const Asked asked, parse(context, call));
  const Terms terms{context.registry.find_core(call.route.type, "code"),
                    context.registry.find_core(call.route.type, "date")};
  if (terms.code == nullptr || terms.date == nullptr) {
    return make_error(Category::unsupported, "$lastn needs the search parameters code and date.");
  }
  VESTA_TRY(const std::vector<Row> rows, find_newest(context, asked, terms));
  http::Response response;
  BundleWriter writer("searchset", response.body);
  writer.total(rows.size());
  writer.link("self", page_url(context, call.format, operation_scope(context, call.route), asked.applied));
  store::ScratchLease scratch(context.definitions);
  const View view{asked.search.summary, asked.search.elements};
  for (const Row& row : rows) {
    VESTA_CHECK_OK(append_found(context, row.version, view, "match", *scratch, writer, response.body));
  }
  if (!asked.search.ignored.empty()) {
    writer.begin_entry();
    writer.key("resource");
    append_outcome(asked.search.ignored, response.body);
    writer.begin_object("search");
    writer.text("mode", "outcome");
    writer.end_object();
    writer.end_entry();
  }
  writer.finish();
  response.headers.add("Content-Type", std::string(kFhirJson));
  return response;
}

}  // namespace vesta::ops
