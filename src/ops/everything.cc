// $everything: a resource, or all of its type, the compartments of these, and what all of it refers to.
//
// https://hl7.org/fhir/R4/patient-operation-everything.html and
// https://hl7.org/fhir/R4/encounter-operation-everything.html
//
// - `start` and `end` are about dates of care. Which date of a type that is, the definitions say: its search parameter
//   `date` (of most clinical types the common clinical-date). R4 gives both to Patient alone; here the encounter's
//   operation takes them too.
// - DEVIATION: R4 means all dates of care; a resource of a type whose date of care is a parameter of another name
//   (Condition's `onset-date`), without a `date`, or without a value of it, is always in.
// - `_since` (meta.lastUpdated) and `_type` hold for every resource of the answer, the focal one included.
// - With _count it comes in pages. Without, it comes as one Bundle that is made while it is sent, in pieces of a
//   bounded size: memory does not grow with what is sent. Where the answer is written anew (XML, _pretty), and in a
//   batch, it comes in pages of kDefaultEverythingCount.
// - What is referred to is added to the page, or piece, that refers to it: each once per answer, and again on a later
//   page that refers to it too, for links keep no memory of what was sent. Nothing else is ever repeated. A Bundle in
//   pieces that has to remember too much ends, and links to the next.
// - DEVIATION: of a Patient, what is referred to is added only if its type is in no Patient's compartment
//   (Practitioner, Organization, Medication, Location …). Other types belong to a patient by themselves; the members of
//   a Group, say, are other people.
#include <algorithm>
#include <memory>
#include <set>
#include <tuple>
#include <utility>

#include "ops/everything_query.h"
#include "ops/links.h"
#include "ops/operations.h"
#include "ops/outcome.h"
#include "ops/referred.h"
#include "ops/representation.h"
#include "search/compartment.h"

namespace vesta::ops {
namespace {

using fhir::TypeId;
using search::Plan;

inline constexpr std::uint32_t kDefaultEverythingCount = 100;
inline constexpr std::size_t kMaxIdsPerLookup = 100;
inline constexpr std::size_t kMaxPieceBytes = 1 << 20;      // of matches in a piece of a stream; one at least
inline constexpr std::size_t kMaxRememberedNames = 20'000;  // of what was added because others refer to it

// One page in the making, or the next piece of a stream.
struct Page {
  Everything asked;
  PagingState state;  // in: the start; out: where the next page starts
  bool is_first = true;
  bool has_next = false;
  std::uint32_t count = kDefaultEverythingCount;
  std::size_t max_bytes = store::kMaxPageBytes;
  std::vector<http::Parameter> applied;
  std::vector<store::Version> matches, included;
  std::set<std::pair<TypeId, std::string>> seen;  // among `included`
  std::size_t bytes = 0;
};

Result<Page> start_page(const Context& context, const Call& call) {
  Page page;
  const std::string scope = operation_scope(context, call.route);
  VESTA_TRY(std::optional<PagingState> state, take_page(context, call, PagingState::Kind::search, scope));
  if (state) {
    page.is_first = false;
    page.state = std::move(*state);
    auto parameters = http::parse_query(page.state.query);
    if (!parameters) return make_error(Category::internal, "A page token of ours holds a broken query.");
    page.applied = std::move(*parameters);
  } else {
    page.applied = call.parameters;
    // Unknown ones may be left out, as of a search. https://hl7.org/fhir/R4/search.html#errors
    if (call.handling == search::Handling::lenient) {
      std::erase_if(page.applied, [](const http::Parameter& each) { return !is_everything_parameter(each.name); });
    }
    page.state.scope = scope;
    page.state.started = context.clock.now();
    page.state.query = query_text(page.applied);
  }
  VESTA_TRY(page.asked, parse_everything(context, page.applied));
  page.count = page.asked.count.value_or(kDefaultEverythingCount);
  return page;
}

// Those of `found` that are in the compartment themselves: they come, or are left out by their dates, in their own
// place. `found` are of one type. Of one resource alone: of all patients nothing is drawn in that is of such a type.
Result<std::set<std::string>> members_among(const Context& context, const Route& route, TypeId type,
                                            std::span<const std::string> found) {
  std::set<std::string> members;
  for (std::size_t begin = 0; begin < found.size(); begin += kMaxIdsPerLookup) {
    const std::size_t count = std::min(kMaxIdsPerLookup, found.size() - begin);
    VESTA_TRY(Plan inside, search::compartment_plan(context.registry, route.type, route.id, type, context.base_url));
    std::vector<Plan> ids;
    for (const std::string& id : found.subspan(begin, count)) {
      ids.push_back(Plan::make_leaf({nullptr, search::IdMatch{id}}));
    }
    std::vector<Plan> both;
    both.push_back(Plan::make(Plan::Kind::or_, std::move(ids)));
    both.push_back(std::move(inside));
    store::SearchOptions options;
    options.count = kMaxIdsPerLookup;
    while (true) {
      const search::Query query{type, Plan::make(Plan::Kind::and_, both), {}, context.base_url};
      VESTA_TRY(store::SearchPage page, context.store.search(query, options));
      for (store::Version& version : page.entries) members.insert(std::move(version.id));
      if (!page.next) break;
      options.from = std::move(*page.next);
    }
  }
  return members;
}

Status add_included(const Context& context, const Route& route, std::vector<store::Version> found, Page& page) {
  const std::vector<TypeId> member_types = search::types_of_compartment(context.definitions, route.type);
  std::set<std::pair<TypeId, std::string>> inside;
  for (const TypeId type : member_types) {
    std::vector<std::string> ids;
    for (const store::Version& version : found) {
      if (version.type == type && !page.seen.contains({type, version.id})) ids.push_back(version.id);
    }
    if (ids.empty()) continue;
    VESTA_TRY(const std::set<std::string> members, members_among(context, route, type, ids));
    for (const std::string& id : members) inside.emplace(type, id);
  }
  for (store::Version& version : found) {
    if (!page.asked.shows(version.type) || inside.contains({version.type, version.id})) continue;
    if (page.asked.since && version.last_updated.value < *page.asked.since) continue;
    if (!page.seen.emplace(version.type, version.id).second) continue;
    page.bytes += version.tail.size();
    page.included.push_back(std::move(version));
  }
  return kOk;
}

// Reads what the matches refer to. OPTIMIZATION: not by includes of the store, which would need a step for each type,
// and follow no reference that is of no search parameter, MedicationRequest.reasonReference say.
Status add_referred(const Context& context, const std::set<TypeId>& types, store::SearchPage& found) {
  VESTA_TRY(ReferredNames names, referred_by(context, found.entries));
  for (const store::Version& version : found.entries) names.erase({version.type, version.id});
  std::erase_if(names, [&](const auto& name) { return !types.contains(name.first); });
  const Error too_many = make_error(Category::too_large, "A resource refers to more than a page holds.");
  if (names.size() > search::kMaxIncluded) return too_many;
  std::size_t bytes = 0;
  for (const auto& [type, id] : names) {
    VESTA_TRY(std::optional<store::Version> version, context.store.read(type, id));
    if (!version || version->deleted) continue;
    bytes += version->tail.size();
    found.included.push_back(std::move(*version));
    if (bytes > store::kMaxPageBytes) return too_many;
  }
  return kOk;
}

// Fewer matches than asked for, where they refer to more than fits: one at least.
Result<store::SearchPage> search_some(const Context& context, std::span<const search::Query> queries,
                                      const std::set<TypeId>& types, store::SearchOptions& options) {
  while (true) {
    VESTA_TRY(store::SearchPage found, context.store.search(queries, options));
    const Status added = add_referred(context, types, found);
    if (added.ok()) return found;
    if (added.error().category != Category::too_large || options.count <= 1) return added.error();
    options.count /= 2;
  }
}

Status fill(const Context& context, const Route& route, Page& page) {
  VESTA_TRY(const std::vector<search::Query> parts, make_parts(context, route, page.asked));
  const std::set<TypeId> types = types_drawn_in(context, route, page.asked);
  store::SearchOptions options;
  options.from = page.state.position;
  std::uint32_t walked = 0;
  while (walked < page.count && page.bytes < page.max_bytes && page.seen.size() < kMaxRememberedNames) {
    options.count = page.count - walked;
    options.max_bytes = page.max_bytes - page.bytes;
    VESTA_TRY(store::SearchPage found, search_some(context, parts, types, options));
    walked += static_cast<std::uint32_t>(found.entries.size());
    for (store::Version& version : found.entries) {
      page.bytes += version.tail.size();
      if (page.asked.shows(version.type)) page.matches.push_back(std::move(version));
    }
    VESTA_CHECK_OK(add_included(context, route, std::move(found.included), page));
    page.has_next = found.next.has_value();
    if (!page.has_next) return kOk;
    options.from = std::move(*found.next);
  }
  page.state.position = std::move(options.from);
  return kOk;
}

Status check_focus(const Context& context, const Route& route) {
  VESTA_TRY(const auto focus, context.store.read(route.type, route.id));
  if (!focus) return not_known(context, route);
  if (!focus->deleted) return kOk;
  return make_error(Category::gone,
                    std::string(context.definitions.type(focus->type).name) + "/" + focus->id + " was deleted.");
}

Status append_entries(const Context& context, Page& page, BundleWriter& writer, std::string& out) {
  out.reserve(out.size() + page.bytes + (page.matches.size() + page.included.size()) * 384 + 1024);
  store::ScratchLease scratch(context.definitions);
  for (const store::Version& version : page.matches) {
    VESTA_CHECK_OK(append_found(context, version, View{}, "match", *scratch, writer, out));
  }
  // The store names no order of what it includes.
  std::ranges::sort(page.included, {}, [](const store::Version& each) { return std::tie(each.type, each.id); });
  for (const store::Version& version : page.included) {
    VESTA_CHECK_OK(append_found(context, version, View{}, "include", *scratch, writer, out));
  }
  return kOk;
}

std::string self_url(const Context& context, const Call& call, const Page& page) {
  return page_url(context, call.format, page.state.scope,
                  page.is_first ? std::span<const http::Parameter>(page.applied) : call.parameters);
}

Status append_links(const Context& context, std::span<const http::Parameter> format, const std::string& self,
                    const Page& page, BundleWriter& writer) {
  writer.link("self", self);
  if (!page.has_next) return kOk;
  VESTA_TRY(const std::string next, token_url(context, format, page.state));
  writer.link("next", next);
  return kOk;
}

// The Bundle of one answer, piece after piece.
class EverythingStream : public http::BodyStream {
 public:
  EverythingStream(const Context& context, const Call& call, Page page)
      : context_(context), route_(call.route), format_(call.format), page_(std::move(page)) {
    page_.max_bytes = kMaxPieceBytes;
    self_ = self_url(context, call, page_);
  }

  Result<bool> append(std::string& out) override {
    VESTA_CHECK_OK(fill(context_, route_, page_));
    VESTA_CHECK_OK(append_entries(context_, page_, writer_, piece_));
    const bool goes_on = page_.has_next && page_.seen.size() < kMaxRememberedNames;
    if (!goes_on) {
      // Behind the entries: only now it is known whether there is a next.
      VESTA_CHECK_OK(append_links(context_, format_, self_, page_, writer_));
      writer_.finish();
    }
    out += std::exchange(piece_, {});
    // While the piece is sent nothing of it is kept.
    page_.matches = {};
    page_.included = {};
    page_.bytes = 0;
    return goes_on;
  }

 private:
  const Context context_;
  const Route route_;
  const std::vector<http::Parameter> format_;
  std::string self_;
  Page page_;
  std::string piece_;  // before writer_, which writes into it
  BundleWriter writer_{"searchset", piece_};
};

Result<http::Response> answer_in_pieces(const Context& context, const Call& call, Page page) {
  http::Response response;
  auto stream = std::make_unique<EverythingStream>(context, call, std::move(page));
  VESTA_TRY(const bool goes_on, stream->append(response.body));
  if (goes_on) response.rest = std::move(stream);
  return response;
}

Result<http::Response> answer_page(const Context& context, const Call& call, Page page) {
  VESTA_CHECK_OK(fill(context, call.route, page));
  http::Response response;
  BundleWriter writer("searchset", response.body);
  VESTA_CHECK_OK(append_links(context, call.format, self_url(context, call, page), page, writer));
  VESTA_CHECK_OK(append_entries(context, page, writer, response.body));
  writer.finish();
  return response;
}

}  // namespace

// 1. The focal resource must be there. 2. The parts, with what they refer to: a page, or one piece after another.
Result<http::Response> everything(Context& context, Call& call) {
  VESTA_TRY(Page page, start_page(context, call));
  if (!call.route.id.empty()) VESTA_CHECK_OK(check_focus(context, call.route));
  const bool is_stream = call.goes_out_as_written && !page.asked.count;
  VESTA_TRY(http::Response response,
            is_stream ? answer_in_pieces(context, call, std::move(page)) : answer_page(context, call, std::move(page)));
  response.headers.add("Content-Type", std::string(kFhirJson));
  return response;
}

}  // namespace vesta::ops
