// Looks up the element names that this module reads.
#include "terminology/names.h"

namespace vesta::terminology {

Names::Names(const fhir::Definitions& definitions) {
  const auto find = [&](std::string_view text) { return definitions.find_name(text).value_or(fhir::kNoName); };
  abstract = find("abstract");
  code = find("code");
  compose = find("compose");
  concept_ = find("concept");
  contains = find("contains");
  content = find("content");
  display = find("display");
  exclude = find("exclude");
  expansion = find("expansion");
  extension = find("extension");
  filter = find("filter");
  inactive = find("inactive");
  include = find("include");
  name = find("name");
  offset = find("offset");
  op = find("op");
  parameter = find("parameter");
  property = find("property");
  system = find("system");
  total = find("total");
  uri = find("uri");
  url = find("url");
  value = find("value");
  value_set = find("valueSet");
  version = find("version");
}

}  // namespace vesta::terminology
