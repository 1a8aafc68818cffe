// Binding of plans.
#include "store/sqlite/plan_node.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "search/params/match.h"
#include "store/sqlite/index_rows.h"
#include "store/sqlite/presence.h"
#include "store/sqlite/resource_rows.h"
#include "store/sqlite/ways.h"

namespace vesta::store::sqlite {
namespace {

constexpr std::size_t kMaxUnion = 32;        // codes and uris of a set, and systems of a code, looked up one by one
constexpr std::size_t kMaxProbedUris = 256;  // of a set: is there any resource that has it?

constexpr Sql kFirstCommit{
    "SELECT last_updated FROM resource INDEXED BY resource_type_seq WHERE type = ?1 AND state = 1 ORDER BY seq LIMIT "
    "1"};
constexpr Sql kLastCommit{
    "SELECT last_updated FROM resource INDEXED BY resource_type_seq WHERE type = ?1 AND state = 1"
    " ORDER BY seq DESC LIMIT 1"};

PlanNode make_none() {
  PlanNode node;
  node.kind = PlanNode::Kind::none;
  return node;
}

Status become(PlanNode::Kind kind, PlanNode& node) {
  node = PlanNode();
  node.kind = kind;
  return kOk;
}

PlanNode make_any(std::vector<PlanNode> children) {
  if (children.empty()) return make_none();
  if (children.size() == 1) return std::move(children.front());
  PlanNode any;
  any.kind = PlanNode::Kind::or_;
  any.children = std::move(children);
  return any;
}

PlanNode make_equality(Equality equality) {
  PlanNode node;
  node.kind = PlanNode::Kind::equality;
  node.equality = std::move(equality);
  return node;
}

// Binds one leaf, by the kind of its match.
class LeafBinder {
 public:
  LeafBinder(const Binding& to, std::int64_t type, const search::Leaf& leaf)
      : to_(to),
        connection_(to.connection),
        catalog_(to.catalog),
        type_(type),
        scope_(catalog_.scope_of(type)),
        leaf_(leaf),
        base_url_(to.base_url) {
    if (leaf.parameter != nullptr) param_ = catalog_.find_parameter(leaf.parameter->id, scope_);
  }

  Result<PlanNode> bind() {
    if (leaf_.parameter != nullptr && param_ == 0) return make_none();  // no resource has a value of it
    return std::visit([this](const auto& match) { return bind(match); }, leaf_.match);
  }

 private:
  template <class RangeMatch>
  Result<PlanNode> bind(const RangeMatch&) {
    PlanNode node;
    node.kind = PlanNode::Kind::range;
    node.range = {&leaf_, param_, type_};
    return node;
  }

  Result<PlanNode> bind(const search::TokenMatch& match) {
    if (!match.code || match.unequal) return bind<search::TokenMatch>(match);
    Equality equality;
    equality.param = param_;
    equality.text = *match.code;
    if (match.system) {
      equality.system = match.system->empty() ? 0 : catalog_.names().find(NameKind::system, *match.system).value_or(-1);
      equality.system_text = *match.system;
      return make_equality(std::move(equality));
    }
    return of_any_system(equality, match);
  }

  // OPTIMIZATION: the rows of a code are in the order of keys within each system, and most codes have one.
  Result<PlanNode> of_any_system(const Equality& code, const search::TokenMatch& match) {
    VESTA_TRY(std::vector<Equality> each, of_each_system(connection_, code, kMaxUnion + 1));
    if (each.empty()) return make_none();
    if (each.size() > kMaxUnion) return bind<search::TokenMatch>(match);
    std::vector<PlanNode> any;
    for (Equality& one : each) any.push_back(make_equality(std::move(one)));
    return make_any(std::move(any));
  }

  bool is_own(std::string_view uri) const {
    return !base_url_.empty() && uri.starts_with(base_url_) && uri.substr(base_url_.size()).starts_with('/');
  }

  // A few codes are as many equalities; more are scanned.
  Result<PlanNode> bind(const search::TokenSetMatch& match) {
    const search::TokenSet& set = *match.set;
    if (set.codes.empty() && set.systems.empty()) return make_none();
    if (!set.systems.empty() || set.codes.size() > kMaxUnion) return bind<search::TokenSetMatch>(match);
    std::vector<PlanNode> any;
    for (const auto& [system, code] : set.codes) {
      VESTA_TRY(PlanNode one, bind(search::TokenMatch{system, code}));
      any.push_back(std::move(one));
    }
    return make_any(std::move(any));
  }

  // Decided by the rows of resources alone.
  PlanNode test() const {
    PlanNode node;
    node.kind = PlanNode::Kind::test;
    node.range = {&leaf_, param_, type_};
    return node;
  }

  // That all or none have it is known without looking at one. Where it is values that make it present, index rows have
  // all the matches.
  Result<PlanNode> bind(const search::PresentMatch&) {
    VESTA_TRY(const std::optional<Presence> presence, presence_of(connection_, type_, param_));
    if (presence && presence->count.present == 0) return make_none();
    if (presence && presence->count.present == presence->resources) return PlanNode();
    PlanNode node = test();
    if (presence && presence->count.unlike == 0) node.kind = PlanNode::Kind::range;
    if (presence) node.stats.estimated = node.known = presence->count.present;
    return node;
  }

  Result<PlanNode> bind(const search::WordMatch& match) {
    std::string token;
    append_word_token(param_, match.word, token);
    Equality equality;
    equality.table = Equality::Table::word;
    equality.param = param_;
    equality.text = "\"";
    for (const char c : token) equality.text += c == '"' ? std::string("\"\"") : std::string(1, c);
    equality.text += match.is_prefix ? "\" *" : "\"";
    return make_equality(std::move(equality));
  }

  Result<PlanNode> bind(const search::UriMatch& match) {
    if (match.mode != search::UriMode::exact) return bind<search::UriMatch>(match);
    // OPTIMIZATION: a reference is looked for under each of its absolute URLs, which resources hardly ever use.
    if (leaf_.parameter->kind == fhir::SearchParamType::reference && is_own(match.uri)) {
      VESTA_TRY(const bool is_used, has_uris_below(connection_, param_, std::string(base_url_) + "/"));
      if (!is_used) return make_none();
    }
    return make_equality(uri_is(param_, match.uri));
  }

  // One equality per target of that id that the store knows.
  Result<PlanNode> bind(const search::ReferenceMatch& match) {
    std::vector<std::int64_t> types;
    for (const fhir::TypeId type : match.types) types.push_back(catalog_.find_type(type));
    if (match.types.empty()) {
      for (std::int64_t type = 1; type <= catalog_.type_count(); ++type) types.push_back(type);
    }
    const StoredId id = store_id(match.id);
    std::vector<PlanNode> any;
    for (const std::int64_t type : types) {
      if (type == 0) continue;
      VESTA_TRY(const std::optional<ResourceHead> target, find_resource(connection_, type, id));
      if (!target) continue;
      Equality equality;
      equality.table = Equality::Table::reference;
      equality.param = param_;
      equality.target = target->key;
      any.push_back(make_equality(std::move(equality)));
    }
    return make_any(std::move(any));
  }

  // OPTIMIZATION: times never go backwards in the order of commits, and what a prefix other than `ne` matches has no
  // gaps: if the type's first and last commits match, all resources do. So it is with most "since long ago".
  Result<PlanNode> bind(const search::LastUpdatedMatch& match) {
    if (scope_ == Scope::contained) return test();  // they have no seq
    bool all = match.date.prefix != search::Prefix::ne;
    for (const Sql* sql : {&kFirstCommit, &kLastCommit}) {
      if (!all) break;
      Cursor cursor(connection_, *sql);
      cursor.integer(1, type_);
      if (cursor.step()) {
        const std::int64_t at = from_stored_time(cursor.integer_at(0)).value;
        all = search::params::matches(match.date, search::DateValue{0, at, at + 1});
      }
      VESTA_CHECK_OK(cursor.status());
    }
    if (all) return PlanNode();
    return bind<search::LastUpdatedMatch>(match);
  }

  Result<PlanNode> bind(const search::IdMatch& match) {
    if (scope_ == Scope::contained) return make_none();
    VESTA_TRY(const std::optional<ResourceHead> head, find_resource(connection_, type_, store_id(match.id)));
    PlanNode node;
    if (!head || head->state != State::current) return match.unequal ? std::move(node) : make_none();
    node.kind = PlanNode::Kind::id;
    node.key = head->key;
    if (!match.unequal) return node;
    PlanNode others;
    others.kind = PlanNode::Kind::not_;
    others.children.push_back(std::move(node));
    return others;
  }

  Result<IdKeys::Found> keys_of(std::int64_t type, const IdKeys::Set& set) const {
    return to_.ids == nullptr ? IdKeys::look_up(connection_, type, set) : to_.ids->keys_of(connection_, type, set);
  }

  Result<PlanNode> bind(const search::IdSetMatch& match) {
    if (scope_ == Scope::contained) return make_none();
    PlanNode node;
    node.kind = PlanNode::Kind::ids;
    VESTA_TRY(node.keys, keys_of(type_, match.set));
    return node.keys->empty() ? make_none() : std::move(node);
  }

  // A chain whose other side is known, and need not be there.
  Result<PlanNode> bind(const search::ReferenceSetMatch& match) {
    PlanNode node;
    node.kind = PlanNode::Kind::chain;
    node.link.param = param_;
    node.link.type = node.link.target_type = catalog_.find_type(match.type);
    if (node.link.type == 0) return make_none();
    VESTA_TRY(node.linked, keys_of(node.link.type, match.set));
    return node.linked->empty() ? make_none() : std::move(node);
  }

  // Hardly ever: those that the store has are looked up, or, of large sets, what has such a reference is looked at one
  // by one.
  Result<PlanNode> bind(const search::UriSetMatch& match) {
    VESTA_TRY(const bool is_used, has_uris_below(connection_, param_, match.urls));
    if (!is_used) return make_none();
    if (match.set->ids.size() > kMaxProbedUris) return test();
    std::vector<PlanNode> any;
    for (const std::string& id : match.set->ids) {
      VESTA_TRY(const bool is_there, has_uri(connection_, param_, match.urls + id));
      if (!is_there) continue;
      if (any.size() == kMaxUnion) return test();
      any.push_back(make_equality(uri_is(param_, match.urls + id)));
    }
    return make_any(std::move(any));
  }

  const Binding& to_;
  Connection& connection_;
  const Catalog& catalog_;
  std::int64_t type_;
  Scope scope_;
  const search::Leaf& leaf_;
  const std::string_view base_url_;
  std::int64_t param_ = 0;
};

// Filters that cost least first.
int rank(const PlanNode& node) {
  switch (node.kind) {
    case PlanNode::Kind::none:
      return 0;
    case PlanNode::Kind::id:
    case PlanNode::Kind::ids:
      return 1;
    case PlanNode::Kind::equality:
      return 2;
    case PlanNode::Kind::all:
      return 3;
    case PlanNode::Kind::and_:
    case PlanNode::Kind::or_:
      return 4;
    case PlanNode::Kind::not_:
      return 5;
    case PlanNode::Kind::range:
    case PlanNode::Kind::test:
      return 6;
    case PlanNode::Kind::chain:
    case PlanNode::Kind::has:
      return 7;
    case PlanNode::Kind::shared:
      return node.shared->is_ordered.load() ? 4 : 8;
  }
  return 8;
}

// A chain is followed to resources by what bind_ways finds, and to contained ones by rows of their own; either may be
// the only one that the store has.
Status bind_contained_link(const Binding& to, std::int64_t type, const search::Plan& plan, PlanNode& node) {
  const search::ParameterId parameter = plan.link.parameter == nullptr ? search::kNoParameter : plan.link.parameter->id;
  node.kind = PlanNode::Kind::chain;
  node.link.param =
      to.catalog.find_link({to.catalog.scope_of(type), to.catalog.plain_type_of(type), parameter, plan.link.type});
  node.link.type = node.link.target_type = to.catalog.find_type(plan.link.type, Scope::contained);
  if (node.link.param == 0 || node.link.type == 0) return become(PlanNode::Kind::none, node);
  PlanNode& child = node.children.emplace_back();
  VESTA_CHECK_OK(bind_plan(to, node.link.type, plan.children.front(), child));
  return child.kind == PlanNode::Kind::none ? become(PlanNode::Kind::none, node) : kOk;
}

Status bind_link(const Binding& to, std::int64_t type, const search::Plan& plan, PlanNode& node) {
  const bool is_chain = plan.kind == search::Plan::Kind::chain;
  const Scope scope = to.catalog.scope_of(type);
  if (!is_chain && scope == Scope::contained) return become(PlanNode::Kind::none, node);  // nothing leads to it
  node.kind = is_chain ? PlanNode::Kind::chain : PlanNode::Kind::has;
  const fhir::TypeId target = is_chain ? plan.link.type : to.catalog.type_of(type);
  VESTA_TRY(node.link, bind_ways(to.connection, to.catalog, {*plan.link.parameter, scope}, target, to.base_url));
  node.link.type = to.catalog.find_type(plan.link.type);
  const bool is_used = node.link.param != 0 || node.link.canonical != 0;
  if (!is_used || node.link.type == 0) return become(PlanNode::Kind::none, node);  // no resource has such a reference
  PlanNode& child = node.children.emplace_back();
  VESTA_CHECK_OK(bind_plan(to, node.link.type, plan.children.front(), child));
  if (child.kind == PlanNode::Kind::none) return become(PlanNode::Kind::none, node);
  // OPTIMIZATION: a chain to one resource is a reference to it.
  if (child.kind == PlanNode::Kind::id && is_chain && node.link.is_local()) {
    Equality equality;
    equality.table = Equality::Table::reference;
    equality.param = node.link.param;
    equality.target = child.key;
    node = make_equality(std::move(equality));
  }
  return kOk;
}

// Both ways of a chain.
Status bind_chain(const Binding& to, std::int64_t type, const search::Plan& plan, PlanNode& node) {
  VESTA_CHECK_OK(bind_link(to, type, plan, node));
  PlanNode inside;
  VESTA_CHECK_OK(bind_contained_link(to, type, plan, inside));
  if (inside.kind == PlanNode::Kind::none) return kOk;
  PlanNode outside = std::exchange(node, PlanNode());
  if (outside.kind == PlanNode::Kind::none) {
    node = std::move(inside);
    return kOk;
  }
  outside.source = inside.source = &plan;
  node.kind = PlanNode::Kind::or_;
  node.children.push_back(std::move(outside));
  node.children.push_back(std::move(inside));
  return kOk;
}

// What is contained gives its keys away when it goes, and another one may get them.
Status bind_shared(const Binding& to, std::int64_t type, const std::shared_ptr<const search::Plan>& plan,
                   PlanNode& node) {
  const bool is_kept = to.shared != nullptr && to.catalog.scope_of(type) != Scope::contained;
  if (!is_kept) return bind_plan(to, type, *plan, node);
  node.kind = PlanNode::Kind::shared;
  node.shared = to.shared->find(to.catalog.type_of(type), to.base_url, plan, to.state);
  return kOk;
}

// OPTIMIZATION: nodes are large, and most times few that stand nearly right, of which a sort would move all.
void sort_by_rank(std::vector<PlanNode>& nodes) {
  constexpr std::size_t kFew = 8;
  if (nodes.size() > kFew) {
    std::ranges::stable_sort(nodes, {}, rank);
    return;
  }
  for (auto node = nodes.begin(); node != nodes.end(); ++node) {
    std::rotate(std::ranges::upper_bound(nodes.begin(), node, rank(*node), {}, rank), node, node + 1);
  }
}

// Of `node.kind`: and_, or_, not_.
Status bind_children(const Binding& to, std::int64_t type, const search::Plan& plan, PlanNode& node) {
  using Kind = PlanNode::Kind;
  node.children.reserve(plan.children.size());
  for (const search::Plan& child : plan.children) {
    VESTA_CHECK_OK(bind_plan(to, type, child, node.children.emplace_back()));
  }
  if (node.kind == Kind::not_) {
    const Kind negated = node.children.front().kind;
    if (negated == Kind::none) return become(Kind::all, node);
    return negated == Kind::all ? become(Kind::none, node) : kOk;
  }
  if (node.kind == Kind::or_) {
    std::erase_if(node.children, [](const PlanNode& child) { return child.kind == Kind::none; });
    if (node.children.empty()) return become(Kind::none, node);
  }
  if (node.children.size() == 1) {
    PlanNode only = std::move(node.children.front());
    node = std::move(only);
    return kOk;
  }
  sort_by_rank(node.children);
  return kOk;
}

Status bind_node(const Binding& to, std::int64_t type, const search::Plan& plan, PlanNode& node) {
  switch (plan.kind) {
    case search::Plan::Kind::all:
      return kOk;
    case search::Plan::Kind::none:
      return become(PlanNode::Kind::none, node);
    case search::Plan::Kind::leaf: {
      VESTA_TRY(node, LeafBinder(to, type, plan.leaf).bind());
      return kOk;
    }
    case search::Plan::Kind::chain:
      return bind_chain(to, type, plan, node);
    case search::Plan::Kind::has:
      return bind_link(to, type, plan, node);
    case search::Plan::Kind::contains:
      return bind_contained_link(to, type, plan, node);
    case search::Plan::Kind::shared:
      return bind_shared(to, type, plan.shared, node);
    case search::Plan::Kind::and_:
      node.kind = PlanNode::Kind::and_;
      break;
    case search::Plan::Kind::or_:
      node.kind = PlanNode::Kind::or_;
      break;
    case search::Plan::Kind::not_:
      node.kind = PlanNode::Kind::not_;
      break;
  }
  return bind_children(to, type, plan, node);
}

}  // namespace

Status bind_plan(const Binding& to, std::int64_t type, const search::Plan& plan, PlanNode& node) {
  VESTA_CHECK_OK(bind_node(to, type, plan, node));
  if (node.source == nullptr) node.source = &plan;  // else it is an only child in its parent's place
  return kOk;
}

Status bind_guard(const Binding& to, std::int64_t type, const search::Visibility& visible, PlanNode& node) {
  const fhir::TypeId of = to.catalog.plain_type_of(type);
  const std::shared_ptr<const search::Plan>* const large = visible.large_guard(of);
  if (large == nullptr) return bind_plan(to, type, visible.guard(of), node);
  node.source = large->get();
  return bind_shared(to, type, *large, node);
}

// OPTIMIZATION: as And(plan, guard) is bound, without a plan of that kind, and without moving nodes.
Status bind_guarded(const Binding& to, std::int64_t type, const search::Plan& plan, const search::Visibility& visible,
                    PlanNode& node) {
  const fhir::TypeId of = to.catalog.plain_type_of(type);
  if (visible.sees_all(of) || plan.kind == search::Plan::Kind::none) return bind_plan(to, type, plan, node);
  if (visible.sees_none(of) || plan.kind == search::Plan::Kind::all) return bind_guard(to, type, visible, node);
  node.kind = PlanNode::Kind::and_;
  node.source = &plan;
  const bool is_and = plan.kind == search::Plan::Kind::and_;
  const std::span<const search::Plan> criteria = is_and ? plan.children : std::span(&plan, 1);
  node.children.reserve(criteria.size() + 1);
  for (const search::Plan& criterion : criteria) {
    VESTA_CHECK_OK(bind_plan(to, type, criterion, node.children.emplace_back()));
  }
  VESTA_CHECK_OK(bind_guard(to, type, visible, node.children.emplace_back()));
  sort_by_rank(node.children);
  return kOk;
}

}  // namespace vesta::store::sqlite
