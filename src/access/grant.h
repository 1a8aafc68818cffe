// Grant: what one principal may do with the resources of a store, as plans.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <memory>
#include <string>

#include "access/decisions.h"
#include "access/deidentification.h"
#include "access/purposes.h"
#include "search/visibility.h"

namespace vesta::access {

// read: one resource by its id, its versions and their history. search: everything that finds resources, or leads to
// them. update: as it is and as it will be. Elements that create and update hide may not be written. count: searches
// that ask for a total and for no entry; who may search may count.
enum class Action : std::uint8_t { read, search, create, update, remove, count };
inline constexpr std::size_t kActions = 6;
using Actions = std::bitset<kActions>;  // a set of them; the bit of an Action is its number

// Immutable once it is shared.
class Grant {
 public:
  // Of the system itself, of commands on the machine, and of a server whose access control is switched off.
  static std::shared_ptr<const Grant> everything();
  // Of everybody.
  static std::shared_ptr<const Grant> nothing();
  // May do nothing. `key`: what tells this grant from others, of this principal at another time and of other
  // principals; what one of them was given (the link to a next page) is of no use to the others.
  explicit Grant(std::string key) : Grant(std::move(key), search::Visibility::nothing()) {}

  const search::Visibility& of(Action action) const { return actions_[static_cast<std::size_t>(action)]; }
  search::Visibility& of(Action action) { return actions_[static_cast<std::size_t>(action)]; }
  // For what that is granted.
  const Purposes& purposes(Action action) const { return purposes_[static_cast<std::size_t>(action)]; }
  Purposes& purposes(Action action) { return purposes_[static_cast<std::size_t>(action)]; }
  // Is there an element that is hidden in some resource, or may not be written?
  bool limits_elements() const {
    for (const search::Visibility& visible : actions_) {
      if (visible.hides_elements()) return true;
    }
    return false;
  }
  // Null: resources are shown as they are.
  const Deidentification* deidentification() const { return deidentification_.get(); }
  void deidentify(std::shared_ptr<const Deidentification> shown) { deidentification_ = std::move(shown); }
  // Who reads is found to see a version; null: it is decided each time.
  const Decisions* decisions() const { return decisions_.get(); }
  void keep_decisions(std::shared_ptr<const Decisions> decisions) { decisions_ = std::move(decisions); }
  const std::string& key() const { return key_; }
  bool is_everything() const { return key_.empty(); }

 private:
  Grant(std::string key, const search::Visibility& all)
      : key_(std::move(key)), actions_{all, all, all, all, all, all} {}

  std::string key_;  // empty: everything
  std::array<search::Visibility, kActions> actions_;
  std::array<Purposes, kActions> purposes_;
  std::shared_ptr<const Deidentification> deidentification_;  // shared by copies
  std::shared_ptr<const Decisions> decisions_;                // of the guards of Action::read
};

}  // namespace vesta::access
