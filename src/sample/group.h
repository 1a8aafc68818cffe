// Group: resources that are made together (one patient's, or those that patients share), and their references.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vesta::sample {

// The text of a UUID.
struct Uuid {
  std::array<char, 36> text{};
  std::string_view view() const { return {text.data(), text.size()}; }
};
// Version 8 (RFC 9562, section 5.8): all bits made from the three numbers.
Uuid make_uuid(std::uint64_t seed, std::uint64_t stream, std::uint64_t counter);

// What references need of a resource. `type` is static text.
struct Ref {
  std::string_view type;
  Uuid id;
  bool is_shared = false;  // stands in an earlier group

  bool is_set() const { return !type.empty(); }
};

// One resource of a Group: its text is group.text.substr(offset, size).
struct Entry {
  std::string_view type;  // static text
  Uuid id;
  std::size_t offset;
  std::size_t size;
};

// Reused from call to call, so that its memory settles at the size of the largest group.
struct Group {
  std::string text;
  std::vector<Entry> entries;

  std::string_view resource(const Entry& entry) const {
    return std::string_view(text).substr(entry.offset, entry.size);
  }
  void clear() {
    text.clear();
    entries.clear();
  }
};

}  // namespace vesta::sample
