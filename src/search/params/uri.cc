// Uri parameters: uri, url, canonical, oid and uuid. https://hl7.org/fhir/R4/search.html#uri
#include "fhir/primitive.h"
#include "search/params/extract.h"
#include "search/params/match.h"
#include "search/params/parse.h"

namespace vesta::search::params {

void add_uri(ParameterId parameter, std::string_view uri, Extraction& extraction) {
  if (!uri.empty()) extraction.values.uris.push_back({parameter, uri});
}

// https://hl7.org/fhir/R4/references.html#canonical: url|version is found as such and by its url. A fragment alone
// refers to a contained resource.
void add_canonical(ParameterId parameter, std::string_view canonical, Extraction& extraction) {
  if (canonical.starts_with('#')) return;
  add_uri(parameter, canonical, extraction);
  const std::size_t bar = canonical.find('|');
  if (bar != std::string_view::npos) add_uri(parameter, canonical.substr(0, bar), extraction);
}

// https://hl7.org/fhir/R4/references.html#canonical: a fragment names a part of the resource that is meant.
void extract_canonical(ParameterId parameter, const Datum& datum, Extraction& extraction) {
  if (datum.shape != Shape::canonical) return;
  std::string_view canonical = datum.text.substr(0, datum.text.find('#'));
  if (canonical.ends_with('|')) canonical.remove_suffix(1);  // a bar, and no version
  add_uri(parameter, canonical, extraction);
}

// "The version of the resource": with it, a canonical leads to that version alone; without it, to all that there are,
// of which R4 leaves open which one is meant.
void extract_canonical_names(CanonicalParameters parameters, Extraction& extraction) {
  if (parameters.names == kNoParameter) return;
  std::vector<std::string_view> urls;
  for (const UriValue& value : extraction.values.uris) {
    if (value.parameter == parameters.url) urls.push_back(value.uri);
  }
  for (const std::string_view url : urls) {
    add_uri(parameters.names, url, extraction);
    for (const TokenValue& version : extraction.values.tokens) {
      if (version.parameter != parameters.version || version.code.empty()) continue;
      extraction.scratch.assign(url).append("|").append(version.code);
      add_uri(parameters.names, extraction.arena.copy(extraction.scratch), extraction);
    }
  }
}

// https://hl7.org/fhir/R4/search.html#uri
void extract_uri(ParameterId parameter, const Datum& datum, Extraction& extraction) {
  if (datum.shape == Shape::canonical) {
    add_canonical(parameter, datum.text, extraction);
  } else if (datum.shape == Shape::uri || datum.shape == Shape::text) {
    add_uri(parameter, datum.text, extraction);
  }
}

// https://hl7.org/fhir/R4/search.html#uri. Any text may be a uri to R4 (`uri` is "\S*").
Result<Plan> parse_uri(const ValueText& value) {
  std::string uri = unescape(value.text);
  if (uri.find_first_of(" \t\r\n") != std::string::npos) return bad_value(value, "a URI: it contains white space");
  return Plan::make_leaf({value.parameter, UriMatch{std::move(uri)}});
}

// "Matches are precise (e.g. case, accent, and escape) sensitive, and the entire URI must match."
// https://hl7.org/fhir/R4/search.html#modifiers: `:below` is a match of the beginning, at a boundary of the path; of a
// canonical with a version, at a boundary of the version.
bool matches(const UriMatch& match, const UriValue& value) {
  if (match.mode == UriMode::exact) return match.uri == value.uri;
  if (match.mode == UriMode::unequal) return match.uri != value.uri;
  if (!value.uri.starts_with(match.uri)) return false;
  if (value.uri.size() == match.uri.size()) return true;
  const char next = value.uri[match.uri.size()];
  if (match.mode == UriMode::below_version) return next == '.';
  return next == '/' || match.uri.ends_with('/');
}

// https://hl7.org/fhir/R4/search.html#id
Result<Plan> parse_id(const ValueText& value) {
  std::string id = unescape(value.text);
  if (!fhir::is_id(id)) return bad_value(value, "an id: 1 to 64 of A-Z, a-z, 0-9, '-' and '.'");
  return Plan::make_leaf({nullptr, IdMatch{std::move(id)}});
}

}  // namespace vesta::search::params
