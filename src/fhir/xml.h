// FHIR XML in and out of the typed tree. https://hl7.org/fhir/R4/xml.html
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "fhir/definitions.h"
#include "fhir/node.h"
#include "fhir/tree_builder.h"

namespace vesta::fhir {

inline constexpr std::string_view kFhirNamespace = "http://hl7.org/fhir";
inline constexpr std::string_view kXhtmlNamespace = "http://www.w3.org/1999/xhtml";

// Reads resources; keeps its buffers between calls. One per thread; not thread-safe.
class XmlReader {
 public:
  explicit XmlReader(const Definitions& definitions);
  ~XmlReader();
  XmlReader(XmlReader&&) noexcept;

  // The tree of one resource, as JsonReader makes it of the same resource in JSON, with the same issues under the same
  // paths; each says its line and column. Of XML alone are: elements out of the order of the definition, other
  // namespaces, text, elements without content, and more nesting than the JSON of the resource may have. A narrative is
  // the bytes of its div. `text` is only borrowed by the tree.
  Result<Node*> read(std::string_view text, Arena& arena, Completeness completeness = Completeness::whole);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct XmlWriteOptions {
  bool pretty = false;
};

// Writes resources; keeps its buffers between calls. One per thread; not thread-safe.
class XmlWriter {
 public:
  explicit XmlWriter(const Definitions& definitions);
  ~XmlWriter();
  XmlWriter(XmlWriter&&) noexcept;

  // Appends the XML of `root`: elements in the order of the definitions, a narrative as it is (with the namespace of
  // XHTML, where its div declares none). Errors (unsupported), then `out` is as it was: what XML cannot carry, which is
  // a character that XML does not have, a narrative that is no well-formed div, or one with an extension.
  Status write(const Node& root, const XmlWriteOptions& options, std::string& out);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vesta::fhir
