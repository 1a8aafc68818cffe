// Sets of codes: union, intersection and difference, system by system.
#include "terminology/code_set.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "terminology/shorten.h"

namespace vesta::terminology {
namespace {

using Codes = std::vector<std::string>;

template <class Systems>
auto find_system(Systems& systems, std::string_view system) {
  const auto at = std::lower_bound(systems.begin(), systems.end(), system,
                                   [](const SystemCodes& a, std::string_view b) { return a.system < b; });
  return at != systems.end() && at->system == system ? at : systems.end();
}

void unite_codes(SystemCodes& into, SystemCodes from) {
  if (into.whole || from.whole) {
    into.whole = true;
    into.codes.clear();
    return;
  }
  Codes merged;
  merged.reserve(into.codes.size() + from.codes.size());
  std::set_union(std::move_iterator(into.codes.begin()), std::move_iterator(into.codes.end()),
                 std::move_iterator(from.codes.begin()), std::move_iterator(from.codes.end()),
                 std::back_inserter(merged));
  into.codes = std::move(merged);
}

}  // namespace

CodeSet CodeSet::of(std::string system, Codes codes) {
  std::sort(codes.begin(), codes.end());
  codes.erase(std::unique(codes.begin(), codes.end()), codes.end());
  CodeSet set;
  if (!codes.empty()) set.systems_.push_back({std::move(system), false, std::move(codes)});
  return set;
}

CodeSet CodeSet::of_whole(std::string system) {
  CodeSet set;
  set.systems_.push_back({std::move(system), true, {}});
  return set;
}

bool CodeSet::contains(std::string_view system, std::string_view code) const {
  const auto at = find_system(systems_, system);
  return at != systems_.end() && (at->whole || std::binary_search(at->codes.begin(), at->codes.end(), code));
}

std::size_t CodeSet::size() const {
  std::size_t count = 0;
  for (const SystemCodes& system : systems_) count += system.codes.size();
  return count;
}

std::size_t CodeSet::bytes() const {
  std::size_t total = sizeof(CodeSet);
  for (const SystemCodes& system : systems_) {
    total += sizeof(SystemCodes) + system.system.capacity();
    for (const std::string& code : system.codes) total += sizeof(std::string) + code.capacity();
  }
  return total;
}

void CodeSet::unite(CodeSet other) {
  for (SystemCodes& from : other.systems_) {
    const auto at = find_system(systems_, from.system);
    if (at != systems_.end()) {
      unite_codes(*at, std::move(from));
      continue;
    }
    const auto place = std::lower_bound(systems_.begin(), systems_.end(), from.system,
                                        [](const SystemCodes& a, const std::string& b) { return a.system < b; });
    systems_.insert(place, std::move(from));
  }
}

void CodeSet::intersect(const CodeSet& other) {
  for (SystemCodes& mine : systems_) {
    const auto at = find_system(other.systems_, mine.system);
    if (at == other.systems_.end()) {
      mine.whole = false;
      mine.codes.clear();
    } else if (mine.whole) {
      mine = *at;
    } else if (!at->whole) {
      Codes both;
      std::set_intersection(std::move_iterator(mine.codes.begin()), std::move_iterator(mine.codes.end()),
                            at->codes.begin(), at->codes.end(), std::back_inserter(both));
      mine.codes = std::move(both);
    }
  }
  std::erase_if(systems_, [](const SystemCodes& system) { return !system.whole && system.codes.empty(); });
}

Status CodeSet::subtract(const CodeSet& other) {
  for (SystemCodes& mine : systems_) {
    const auto at = find_system(other.systems_, mine.system);
    if (at == other.systems_.end()) continue;
    if (at->whole) {
      mine.whole = false;
      mine.codes.clear();
    } else if (mine.whole) {
      return make_error(Category::unsupported, "cannot exclude single codes from all codes of " + shorten(mine.system) +
                                                   ", whose codes are not known one by one");
    } else {
      Codes left;
      std::set_difference(std::move_iterator(mine.codes.begin()), std::move_iterator(mine.codes.end()),
                          at->codes.begin(), at->codes.end(), std::back_inserter(left));
      mine.codes = std::move(left);
    }
  }
  std::erase_if(systems_, [](const SystemCodes& system) { return !system.whole && system.codes.empty(); });
  return kOk;
}

}  // namespace vesta::terminology
