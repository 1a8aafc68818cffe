// Media types and content negotiation: Content-Type, Accept, Accept-Encoding.
// https://www.rfc-editor.org/rfc/rfc9110#section-8.3 and #section-12.5
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vesta::http {

inline constexpr std::size_t kMaxAcceptRanges = 64;  // further ranges of one Accept header are ignored

// Type, subtype and names of parameters are lower-case; values keep their text, without quotes.
struct MediaType {
  std::string type;     // "application"
  std::string subtype;  // "fhir+json"
  std::vector<std::pair<std::string, std::string>> parameters;

  std::string_view parameter(std::string_view name) const;  // lower-case name; empty if there is none
  std::string essence() const { return type + "/" + subtype; }
};

// "application/fhir+json; charset=UTF-8"; nullopt if malformed. Wildcards are malformed here.
std::optional<MediaType> parse_media_type(std::string_view text);

// The charset of a Content-Type in lower case, or empty; nullopt if the header is malformed.
std::optional<std::string> content_charset(std::string_view content_type);

// Which of the offered essences ("application/fhir+json") an Accept header likes best: the index, or nullopt for none.
// The most specific range decides the quality of an offer; between equal qualities the earlier offer wins. An empty
// header accepts everything. Malformed ranges are ignored; if no range is well-formed, so is the header. `can_be`:
// ranges that it is false of, by their parameters, are of nothing that is offered.
std::optional<std::size_t> choose_media_type(std::string_view accept, std::span<const std::string_view> offers,
                                             bool (*can_be)(const MediaType&) = nullptr);

// Whether an Accept-Encoding header permits this coding ("gzip"). Absent or empty: no.
bool accepts_encoding(std::string_view accept_encoding, std::string_view coding);

}  // namespace vesta::http
