// FHIR JSON in and out of the typed tree. https://hl7.org/fhir/R4/json.html
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "fhir/definitions.h"
#include "fhir/node.h"
#include "fhir/tree_builder.h"
#include "json/tokens.h"

namespace vesta::fhir {

inline constexpr std::size_t kJsonPadding = json::kPadding;  // bytes allocated behind the text handed to a reader

struct JsonReadOptions {
  Completeness completeness = Completeness::whole;
  std::size_t max_depth = json::kMaxDepth;
};

// Reads resources; keeps its buffers between calls. One per thread; not thread-safe.
class JsonReader {
 public:
  explicit JsonReader(const Definitions& definitions);
  ~JsonReader();
  JsonReader(JsonReader&&) noexcept;

  // The tree of one resource. Parsing is the structural check: unknown properties, wrong JSON kinds, primitives that
  // break their type's form, missing required elements, empty arrays and objects, repeated properties, bad UTF-8 and
  // too much depth are issues with element paths (category invalid; too much depth too). The first kMaxReadIssues are
  // reported. `text` is only borrowed by the tree: its values are views into it. If `text.data()` has no kJsonPadding
  // readable bytes behind it, say so by `capacity` (bytes allocated from text.data()); the reader then copies into
  // `arena`.
  Result<Node*> read(std::string_view text, std::size_t capacity, Arena& arena, const JsonReadOptions& options = {});
  Result<Node*> read(const std::string& text, Arena& arena) { return read(text, text.capacity(), arena); }

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// _summary, https://hl7.org/fhir/R4/search.html#summary (count is no form of a resource)
enum class Summary { none, true_, text, data };

struct JsonWriteOptions {
  bool pretty = false;
  Summary summary = Summary::none;
  // _elements: names of top-level elements to keep (beside the mandatory ones), or null for all. With it or a summary
  // the result is marked SUBSETTED in meta.tag.
  const std::vector<std::string>* elements = nullptr;
};
// Appends the JSON of `root` to `out`. Properties keep the order of the input; resourceType comes first.
void write_json(const Definitions& definitions, const Node& root, const JsonWriteOptions& options, std::string& out);
// Appends the JSON of an element: an object, or the value of a primitive (null where it has none).
void write_element_json(const Definitions& definitions, const Node& element, std::string& out);

}  // namespace vesta::fhir
