// Equality of items and of nodes, and the removal of duplicates. https://hl7.org/fhirpath/N1/#equality
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>

#include "fhirpath/budget.h"
#include "fhirpath/names.h"
#include "fhirpath/order.h"
#include "fhirpath/program.h"
#include "fhirpath/value.h"

namespace vesta::fhirpath {

enum class Truth : std::uint8_t { no, yes, unknown };

// Borrows all of it for one evaluation. When the budget is spent the answers are of no use: ask budget.spent()
// afterwards.
class Equality {
 public:
  Equality(const fhir::Definitions& definitions, const Names& names, Budget& budget)
      : definitions_(definitions), names_(names), budget_(budget) {}

  bool is_spent() const { return budget_.spent(); }
  // The operator `=` on two items. unknown: dates of different precision, quantities of different units.
  Truth equal(const Item& left, const Item& right) const;
  // How two values stand to each other; undecided also when their kinds cannot be compared.
  Order compare(const Value& left, const Value& right) const;
  // Removes from `items`, from index `begin` on, each item that equals an earlier one from `begin` on. Order is kept.
  // OPTIMIZATION: few items are compared pair by pair, in place; more of them by hash, with memory of `scratch`.
  void remove_duplicates(Collection& items, std::size_t begin, std::pmr::memory_resource& scratch) const;

 private:
  bool equal_nodes(const fhir::Node& left, const fhir::Node& right) const;
  bool equal_children(const fhir::Node& left, const fhir::Node& right) const;
  std::uint64_t hash(const Item& item) const;
  std::uint64_t hash_node(const fhir::Node& node) const;

  const fhir::Definitions& definitions_;
  const Names& names_;
  Budget& budget_;
};

// True for the kinds whose values are compared with `kind`: integers with decimals, dates with date-times.
bool comparable(Item::Kind left, Item::Kind right);

}  // namespace vesta::fhirpath
