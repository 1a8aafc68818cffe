// The matcher: the meaning of a plan, and the order of a sort, on index values in memory. The reference of every
// engine.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "base/ids.h"
#include "search/index_value.h"
#include "search/plan.h"

namespace vesta::search {

// What a plan is decided on: one current, not deleted resource, or one that such a resource contains.
struct Subject {
  fhir::TypeId type;
  std::string_view id;
  Instant last_updated;
  const IndexValues* values;
  const IndexValues* outer = nullptr;  // of the resource that contains it
};
// One of those that `outer` contains.
inline Subject contained_subject(const Subject& outer, const Contained& inner) {
  return {inner.type, inner.id, outer.last_updated, &inner.values, outer.values};
}

// The other current resources of the same state, for links. What it gives lives as long as the Surroundings.
class Surroundings {
 public:
  virtual ~Surroundings() = default;
  virtual const Subject* find(fhir::TypeId type, std::string_view id) const = 0;  // null: not there, or deleted
  // Calls `visit` with every resource of the type until it returns false.
  virtual void each(fhir::TypeId type, const std::function<bool(const Subject&)>& visit) const = 0;
  virtual const Registry& registry() const = 0;
  // What the absolute URLs of these resources begin with (Query::base_url); empty: none leads to them.
  virtual std::string_view base_url() const = 0;
};

// A link leads nowhere without `surroundings`.
bool matches(const Plan& plan, const Subject& subject, const Surroundings* surroundings = nullptr);
bool matches(const Leaf& leaf, const Subject& subject);

// A resource, and by what it sorts: in a search over several types, each type has parameters of its own.
struct SortSubject {
  std::span<const SortKey> sort;
  const Subject& subject;
};
// Less than, by the sort keys alone (see SortKey), which agree in number, kinds and directions; equal resources keep
// the store's order.
bool sorts_before(const SortSubject& left, const SortSubject& right, const fhir::Definitions& definitions);
inline bool sorts_before(std::span<const SortKey> sort, const Subject& left, const Subject& right,
                         const fhir::Definitions& definitions) {
  return sorts_before({sort, left}, {sort, right}, definitions);
}

}  // namespace vesta::search
