// Sameness of plans, member by member.
#include <algorithm>
#include <type_traits>

#include "search/rewrite/rules.h"

namespace vesta::search::rewrites {
namespace {

bool is_same_set(const std::shared_ptr<const IdSet>& left, const std::shared_ptr<const IdSet>& right) {
  return left == right || left->ids == right->ids;
}

bool same(const TokenMatch& left, const TokenMatch& right) {
  return left.system == right.system && left.code == right.code && left.unequal == right.unequal;
}
bool same(const TokenSetMatch& left, const TokenSetMatch& right) {
  return left.set == right.set || (left.set->codes == right.set->codes && left.set->systems == right.set->systems);
}
bool same(const StringMatch& left, const StringMatch& right) {
  return left.mode == right.mode && left.text == right.text;
}
bool same(const ReferenceMatch& left, const ReferenceMatch& right) {
  return left.types == right.types && left.id == right.id;
}
bool same(const ReferenceSetMatch& left, const ReferenceSetMatch& right) {
  return left.type == right.type && is_same_set(left.set, right.set);
}
bool same(const UriSetMatch& left, const UriSetMatch& right) {
  return left.urls == right.urls && is_same_set(left.set, right.set);
}
bool same(const DateMatch& left, const DateMatch& right) {
  return left.prefix == right.prefix && left.low == right.low && left.high == right.high;
}
bool same(const NumberMatch& left, const NumberMatch& right) {
  return left.prefix == right.prefix && left.low == right.low && left.high == right.high && left.exact == right.exact;
}
bool same(const QuantityMatch& left, const QuantityMatch& right) {
  if (left.canonical.has_value() != right.canonical.has_value()) return false;
  if (left.canonical && !same(*left.canonical, *right.canonical)) return false;
  return same(left.number, right.number) && left.system == right.system && left.code == right.code &&
         left.canonical_unit == right.canonical_unit;
}
bool same(const UriMatch& left, const UriMatch& right) {
  return left.mode == right.mode && left.uri == right.uri;
}
bool same(const PresentMatch&, const PresentMatch&) {
  return true;
}
bool same(const PositionMatch& left, const PositionMatch& right) {
  return left.latitude == right.latitude && left.longitude == right.longitude && left.meters == right.meters;
}
bool same(const WordMatch& left, const WordMatch& right) {
  return left.is_prefix == right.is_prefix && left.word == right.word;
}
bool same(const IdMatch& left, const IdMatch& right) {
  return left.id == right.id && left.unequal == right.unequal;
}
bool same(const IdSetMatch& left, const IdSetMatch& right) {
  return is_same_set(left.set, right.set);
}
bool same(const LastUpdatedMatch& left, const LastUpdatedMatch& right) {
  return same(left.date, right.date);
}
bool same(const Leaf& left, const Leaf& right);
bool same(const CompositeMatch& left, const CompositeMatch& right) {
  return std::ranges::equal(left.components, right.components, [](const Leaf& a, const Leaf& b) { return same(a, b); });
}
bool same(const Leaf& left, const Leaf& right) {
  if (left.parameter != right.parameter || left.match.index() != right.match.index()) return false;
  return std::visit(
      [&](const auto& match) { return same(match, std::get<std::decay_t<decltype(match)>>(right.match)); }, left.match);
}

}  // namespace

bool is_same(const Plan& left, const Plan& right) {
  if (left.kind != right.kind) return false;
  if (left.kind == Plan::Kind::leaf) return same(left.leaf, right.leaf);
  if (left.shared != right.shared) return false;
  if (left.link.parameter != right.link.parameter || left.link.type != right.link.type) return false;
  return std::ranges::equal(left.children, right.children, is_same);
}

}  // namespace vesta::search::rewrites
