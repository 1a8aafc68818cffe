// The typed resource tree: small arena-allocated nodes whose values are views into the input text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <memory_resource>
#include <new>
#include <string_view>
#include <type_traits>

#include "fhir/definitions.h"

namespace vesta::fhir {

// The memory of one request: everything allocated here lives until the Arena dies or is reset. Not thread-safe.
class Arena {
 public:
  explicit Arena(std::size_t initial_bytes = 16 * 1024) : resource_(initial_bytes) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  template <class T, class... Args>
  T* make(Args&&... args) {
    static_assert(std::is_trivially_destructible_v<T>, "an Arena runs no destructors");
    return new (resource_.allocate(sizeof(T), alignof(T))) T{static_cast<Args&&>(args)...};
  }
  char* bytes(std::size_t size) { return static_cast<char*>(resource_.allocate(size, 1)); }
  std::string_view copy(std::string_view text) {
    char* target = bytes(text.size());
    if (!text.empty()) std::memcpy(target, text.data(), text.size());
    return {target, text.size()};
  }
  std::pmr::memory_resource& resource() { return resource_; }
  void reset() { resource_.release(); }

 private:
  std::pmr::monotonic_buffer_resource resource_;
};

// One element instance. A repeating element is one node per repetition, siblings with the same name, in order.
//
// A primitive has `value` (its text, unescaped, without quotes; `1.50` stays `1.50`) unless it has only extensions; its
// `id` and `extension` are children. Values point into the parsed text or the arena; both outlive the tree.
// Read-only for everyone but the module that built the tree (and `ops`, which rewrites references of its own tree).
struct Node {
  std::string_view value;
  Node* first_child = nullptr;
  Node* next = nullptr;           // next sibling
  NameId name = kNoName;          // "value" for valueQuantity; kNoName at the root
  TypeId type = kNoType;          // the concrete type: Quantity; for a nested resource its resource type
  std::uint16_t code_system = 0;  // of a code: the system that its element implies (Definitions::code_system)
  bool has_value : 1 = false;     // a primitive with a value (without one it has an id or extensions)
  bool needs_escape : 1 = false;  // the JSON text of the value contains escapes: it must be escaped again when written
  bool in_list : 1 = false;       // one of a repeating element (a JSON array)
  bool is_choice : 1 = false;     // came from value[x]; its JSON name is name + Type

  // for (const Node& child : node.children())
  class Iterator {
   public:
    explicit Iterator(const Node* at) : at_(at) {}
    const Node& operator*() const { return *at_; }
    Iterator& operator++() {
      at_ = at_->next;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return at_ != other.at_; }

   private:
    const Node* at_;
  };
  struct Children {
    const Node* first;
    Iterator begin() const { return Iterator(first); }
    Iterator end() const { return Iterator(nullptr); }
  };
  Children children() const { return {first_child}; }

  // The first child of this name, or null.
  const Node* child(NameId wanted) const {
    for (const Node* at = first_child; at != nullptr; at = at->next) {
      if (at->name == wanted) return at;
    }
    return nullptr;
  }
  // The value of the first child of this name, or empty.
  std::string_view child_value(NameId wanted) const {
    const Node* found = child(wanted);
    return found == nullptr ? std::string_view{} : found->value;
  }
};

}  // namespace vesta::fhir
