// XML Patch. https://www.rfc-editor.org/rfc/rfc5261
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "xml/selector.h"

namespace vesta::xml {

inline constexpr std::size_t kMaxXmlPatchOperations = 200;  // each may walk the whole document

// The operations of a patch document, read once. Immutable after that: any number of threads may apply it.
class Patch {
 public:
  // The root element is named patch (RFC 7351) or diff; add, replace and remove in it are of its namespace. `known`:
  // prefixes that selectors may use undeclared. Errors, with the place in the patch ("[2].sel (line 4, column 3): …"):
  // invalid: no XML as Tokenizer takes it, no operations, what a selector or an operation cannot be; unsupported: parts
  // of the RFC that are not built; too_large: kMaxXmlPatchOperations.
  static Result<Patch> parse(std::string_view text, const Namespaces& known);
  ~Patch();
  Patch(Patch&&) noexcept;
  Patch& operator=(Patch&&) noexcept;

  std::size_t operation_count() const;

  // The text of `document` after all operations, one after the other: the same XML where nothing is changed, though not
  // the same bytes. Errors: those of Tokenizer::tokenize about `document`; unprocessable, with the place of the
  // operation: its selector finds nothing or several nodes, its content is none that can go there, it would be nested
  // deeper than kMaxXmlDepth, or would be no XML.
  Result<std::string> apply(std::string_view document) const;

 private:
  struct Impl;
  explicit Patch(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace vesta::xml
