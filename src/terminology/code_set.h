// CodeSet: a set of codes of any number of code systems, some of them whole.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace vesta::terminology {

// Of one system: all of its codes, or those listed. A system is whole where its codes are not known one by one.
struct SystemCodes {
  std::string system;
  bool whole = false;
  std::vector<std::string> codes;  // sorted, without duplicates; empty if whole
};

// A value; immutable where it is shared. Codes are compared by their bytes.
class CodeSet {
 public:
  CodeSet() = default;
  // `codes` in any order; none: the empty set.
  static CodeSet of(std::string system, std::vector<std::string> codes);
  static CodeSet of_whole(std::string system);

  std::span<const SystemCodes> systems() const { return systems_; }  // sorted by system; each has codes or is whole
  bool contains(std::string_view system, std::string_view code) const;
  bool empty() const { return systems_.empty(); }
  std::size_t size() const;   // the number of listed codes
  std::size_t bytes() const;  // of memory, about

  void unite(CodeSet other);
  void intersect(const CodeSet& other);
  // Error (unsupported, naming the system): a part of a whole system would be taken away, which cannot be said.
  Status subtract(const CodeSet& other);

 private:
  std::vector<SystemCodes> systems_;
};

}  // namespace vesta::terminology
