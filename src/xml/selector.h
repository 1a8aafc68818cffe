// Selector: the paths by which an XML Patch finds what it changes. https://www.rfc-editor.org/rfc/rfc5261#section-4.1
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace vesta::xml {

inline constexpr std::size_t kMaxSelectorBytes = 1024;

// Prefixes and what they stand for, the innermost last; "" for the default namespace.
using Namespaces = std::vector<std::pair<std::string, std::string>>;
// What `prefix` stands for; nullopt: it is not declared.
std::optional<std::string_view> find_namespace(const Namespaces& namespaces, std::string_view prefix);

// Of an element or attribute.
struct QualifiedName {
  bool is_any = false;  // *
  std::string space;
  std::string local;
};

// [3], [.='text'], [@id='a'], [f:system/@value='http://x']: a number, or what must be equal to a text.
struct Predicate {
  std::size_t position = 0;  // from 1; 0: the text decides
  std::vector<QualifiedName> path;
  std::optional<QualifiedName> attribute;
  std::string text;
};

struct SelectorStep {
  enum class Kind { element, attribute, text, comment, instruction };
  Kind kind = Kind::element;
  QualifiedName name;  // of an instruction: its target, or any
  std::vector<Predicate> predicates;
};
using Selector = std::vector<SelectorStep>;  // from the document down; only the last is no element

// A name without a prefix, as far as a document that is read again need not see to it.
bool is_local_name(std::string_view text);

// A part of XPath 1.0: child elements by name, predicates, at the end @name, text(), comment() or
// processing-instruction(). Names without a prefix are of the default namespace of `namespaces`, attributes of none.
// Errors (invalid): syntax, with its column; a prefix that is not declared; more than kMaxSelectorBytes. Unsupported:
// namespace:: and id().
Result<Selector> parse_selector(std::string_view text, const Namespaces& namespaces);

}  // namespace vesta::xml
