// Equality: values as System types, elements by their structure.
#include "fhirpath/equality.h"

#include <string>
#include <vector>

#include "fhirpath/decimal.h"
#include "fhirpath/quantity.h"
#include "fhirpath/temporal.h"

namespace vesta::fhirpath {
namespace {

constexpr std::size_t kPairwiseLimit = 16;  // items up to which pairs are compared without hashes

bool is_date(Item::Kind kind) {
  return kind == Item::Kind::date || kind == Item::Kind::date_time;
}

Truth to_truth(bool value) {
  return value ? Truth::yes : Truth::no;
}

Order compare_numbers(std::string_view left, std::string_view right) {
  std::optional<Decimal> left_number = parse_decimal(left);
  std::optional<Decimal> right_number = parse_decimal(right);
  if (!left_number || !right_number) return Order::undecided;
  return to_order(compare(*left_number, *right_number));
}

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  return (hash ^ value) * 1099511628211u;
}

std::uint64_t hash_value(const Value& value) {
  if (value.kind == Item::Kind::quantity) {
    const std::optional<std::string> base = canonical_number(value);
    const std::optional<Decimal> number = base ? parse_decimal(*base) : std::nullopt;
    return number ? hash_decimal(*number) : 2;
  }
  if (is_number(value.kind)) {
    std::optional<Decimal> number = parse_decimal(value.text);
    return number ? hash_decimal(*number) : 0;
  }
  // Equal dates and times may have different texts (time zones), so they all share a hash.
  if (is_date(value.kind) || value.kind == Item::Kind::time) return 1;
  return fhir::hash_name(value.text);
}

// The child of this name after `count` others of that name, or null.
const fhir::Node* nth_child(const fhir::Node& parent, fhir::NameId name, std::size_t count) {
  for (const fhir::Node& child : parent.children()) {
    if (child.name == name && count-- == 0) return &child;
  }
  return nullptr;
}

}  // namespace

bool comparable(Item::Kind left, Item::Kind right) {
  return left == right || (is_number(left) && is_number(right)) || (is_date(left) && is_date(right));
}

Order Equality::compare(const Value& left, const Value& right) const {
  budget_.spend(1 + (left.text.size() + right.text.size()) / 64);
  if (!comparable(left.kind, right.kind)) return Order::undecided;
  switch (left.kind) {
    case Item::Kind::boolean:
      return to_order(left.boolean <=> right.boolean);
    case Item::Kind::integer:
    case Item::Kind::decimal:
      return compare_numbers(left.text, right.text);
    case Item::Kind::quantity:
      return compare_quantities(left, right);
    case Item::Kind::date:
    case Item::Kind::date_time:
    case Item::Kind::time: {
      bool is_time = left.kind == Item::Kind::time;
      std::optional<Temporal> left_time = is_time ? parse_time(left.text) : parse_date_time(left.text);
      std::optional<Temporal> right_time = is_time ? parse_time(right.text) : parse_date_time(right.text);
      return left_time && right_time ? fhirpath::compare(*left_time, *right_time) : Order::undecided;
    }
    default:
      return to_order(left.text.compare(right.text) <=> 0);
  }
}

Truth Equality::equal(const Item& left, const Item& right) const {
  budget_.spend();
  if (left.kind == Item::Kind::resolved || right.kind == Item::Kind::resolved) {
    return to_truth(left.kind == right.kind && left.type == right.type && left.text == right.text);
  }
  if (left.kind == Item::Kind::type_info || right.kind == Item::Kind::type_info) {
    return to_truth(left.kind == right.kind && left.text == right.text);
  }
  bool both_nodes = left.kind == Item::Kind::node && right.kind == Item::Kind::node;
  if (both_nodes && left.node == right.node) return Truth::yes;
  std::optional<Value> left_value = value_of(definitions_, names_, left);
  std::optional<Value> right_value = value_of(definitions_, names_, right);
  // Two Quantity elements are equal as elements: their system and comparator count too.
  bool is_quantity_element = both_nodes && left_value && left_value->kind == Item::Kind::quantity;
  if (!left_value || !right_value || is_quantity_element) {
    return to_truth(both_nodes && equal_nodes(*left.node, *right.node));
  }
  if (!comparable(left_value->kind, right_value->kind)) return Truth::no;
  Order order = compare(*left_value, *right_value);
  return order == Order::undecided ? Truth::unknown : to_truth(order == Order::equal);
}

bool Equality::equal_nodes(const fhir::Node& left, const fhir::Node& right) const {
  if (!budget_.spend()) return false;
  if (left.has_value != right.has_value) return false;
  if (left.has_value) return equal(node_item(left), node_item(right)) == Truth::yes;
  return equal_children(left, right);
}

bool Equality::equal_children(const fhir::Node& left, const fhir::Node& right) const {
  const fhir::Node* left_child = left.first_child;
  const fhir::Node* right_child = right.first_child;
  while (left_child != nullptr && right_child != nullptr && left_child->name == right_child->name) {
    if (!equal_nodes(*left_child, *right_child)) return false;
    left_child = left_child->next;
    right_child = right_child->next;
  }
  if (left_child == nullptr && right_child == nullptr) return true;
  if (left_child == nullptr || right_child == nullptr) return false;

  // Properties in another order: the n-th child of a name stands against the n-th child of that name.
  std::size_t balance = 0;
  for ([[maybe_unused]] const fhir::Node& child : right.children()) ++balance;
  std::size_t before = 0;
  for (const fhir::Node& child : left.children()) {
    std::size_t same_name = 0;
    for (const fhir::Node* at = left.first_child; at != &child; at = at->next) same_name += at->name == child.name;
    if (balance-- == 0 || !budget_.spend(++before)) return false;
    const fhir::Node* other = nth_child(right, child.name, same_name);
    if (other == nullptr || !equal_nodes(child, *other)) return false;
  }
  return balance == 0;
}

std::uint64_t Equality::hash_node(const fhir::Node& node) const {
  if (!budget_.spend()) return 0;
  if (std::optional<Value> value = value_of(definitions_, names_, node_item(node))) {
    budget_.spend(value->text.size() / 64);
    return hash_value(*value);
  }
  std::uint64_t sum = 3;  // a sum, as the order of properties does not count
  for (const fhir::Node& child : node.children()) sum += mix(hash_node(child), child.name);
  return sum;
}

std::uint64_t Equality::hash(const Item& item) const {
  if (item.kind == Item::Kind::node) return hash_node(*item.node);
  std::optional<Value> value = value_of(definitions_, names_, item);
  budget_.spend((value ? value->text.size() : item.text.size()) / 64);
  return value ? hash_value(*value) : fhir::hash_name(item.text);
}

void Equality::remove_duplicates(Collection& items, std::size_t begin, std::pmr::memory_resource& scratch) const {
  std::size_t count = items.size() - begin;
  if (count < 2) return;
  std::size_t kept = begin;
  if (count <= kPairwiseLimit) {
    for (std::size_t at = begin; at < items.size(); ++at) {
      bool seen = false;
      for (std::size_t other = begin; other < kept && !seen; ++other) {
        seen = equal(items[other], items[at]) == Truth::yes;
      }
      if (!seen) items[kept++] = items[at];
    }
    items.resize(kept);
    return;
  }

  // Chained buckets: `heads` by hash, `next` by kept item; both hold the index of a kept item + 1, 0 ends a chain.
  std::size_t buckets = 1;
  while (buckets < count * 2) buckets *= 2;
  std::pmr::vector<std::uint32_t> heads(buckets, 0, &scratch);
  std::pmr::vector<std::uint32_t> next(count, 0, &scratch);
  for (std::size_t at = begin; at < items.size() && !budget_.spent(); ++at) {
    std::uint32_t& head = heads[hash(items[at]) & (buckets - 1)];
    bool seen = false;
    for (std::uint32_t other = head; other != 0 && !seen && !budget_.spent(); other = next[other - 1]) {
      seen = equal(items[begin + other - 1], items[at]) == Truth::yes;
    }
    if (seen) continue;
    next[kept - begin] = head;
    head = static_cast<std::uint32_t>(kept - begin + 1);
    items[kept++] = items[at];
  }
  items.resize(kept);
}

}  // namespace vesta::fhirpath
