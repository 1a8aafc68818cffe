// Parsing of media types and of quality values.
#include "http/media_type.h"

#include <algorithm>

#include "http/ascii.h"

namespace vesta::http {
namespace {

constexpr int kFullQuality = 1000;

// https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2
bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [kMarks](char c) {
    return is_alpha(c) || is_digit(c) || kMarks.find(c) != std::string_view::npos;
  });
}

// Thousandths; nullopt if malformed. qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] )
std::optional<int> parse_quality(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  int quality = text[0] == '1' ? kFullQuality : 0;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int weight = 100;
  for (char c : text.substr(std::min<std::size_t>(text.size(), 2))) {
    if (!is_digit(c)) return std::nullopt;
    quality += (c - '0') * weight;
    weight /= 10;
  }
  if (quality > kFullQuality) return std::nullopt;
  return quality;
}

std::optional<std::string> unquote(std::string_view text) {
  if (text.empty() || text.front() != '"') {
    if (!is_token(text)) return std::nullopt;
    return std::string(text);
  }
  std::string value;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      if (i + 1 != text.size()) return std::nullopt;
      return value;
    }
    if (text[i] == '\\' && ++i == text.size()) return std::nullopt;
    value.push_back(text[i]);
  }
  return std::nullopt;
}

std::optional<MediaType> parse_range(std::string_view text) {
  MediaType parsed;
  bool is_first = true;
  bool is_valid = true;
  for_each_part(text, ';', [&](std::string_view part) {
    if (is_first) {
      is_first = false;
      const std::size_t slash = part.find('/');
      if (slash == std::string_view::npos || !is_token(part.substr(0, slash)) || !is_token(part.substr(slash + 1))) {
        is_valid = false;
        return;
      }
      parsed.type = lower_case(part.substr(0, slash));
      parsed.subtype = lower_case(part.substr(slash + 1));
      return;
    }
    const std::size_t equals = std::min(part.find('='), part.size());
    const std::string_view name = trim(part.substr(0, equals));
    std::optional<std::string> value = unquote(trim(part.substr(std::min(equals + 1, part.size()))));
    if (!is_token(name) || !value) {
      is_valid = false;
      return;
    }
    parsed.parameters.emplace_back(lower_case(name), std::move(*value));
  });
  if (is_first || !is_valid) return std::nullopt;
  return parsed;
}

enum class Specificity { none, any, type, exact };

Specificity match(const MediaType& range, std::string_view offer) {
  if (range.type == "*" && range.subtype == "*") return Specificity::any;
  const std::size_t slash = std::min(offer.find('/'), offer.size());
  if (!equals_ignoring_case(range.type, offer.substr(0, slash))) return Specificity::none;
  if (range.subtype == "*") return Specificity::type;
  const std::string_view subtype = offer.substr(std::min(slash + 1, offer.size()));
  return equals_ignoring_case(range.subtype, subtype) ? Specificity::exact : Specificity::none;
}

struct Range {
  MediaType type;
  int quality;
};

std::vector<Range> parse_accept(std::string_view accept) {
  std::vector<Range> ranges;
  for_each_part(accept, ',', [&](std::string_view part) {
    if (ranges.size() == kMaxAcceptRanges) return;
    std::optional<MediaType> type = parse_range(part);
    // A blank instead of "+" is what "?_format=application/fhir+json" becomes; it is malformed here too.
    if (!type || (type->type == "*" && type->subtype != "*")) return;
    const std::string_view q = type->parameter("q");
    const std::optional<int> quality = q.empty() ? kFullQuality : parse_quality(q);
    if (quality) ranges.push_back({std::move(*type), *quality});
  });
  return ranges;
}

}  // namespace

std::string_view MediaType::parameter(std::string_view name) const {
  for (const auto& [key, value] : parameters) {
    if (key == name) return value;
  }
  return {};
}

std::optional<MediaType> parse_media_type(std::string_view text) {
  std::optional<MediaType> type = parse_range(trim(text));
  if (type && (type->type == "*" || type->subtype == "*")) return std::nullopt;
  return type;
}

std::optional<std::string> content_charset(std::string_view content_type) {
  const std::optional<MediaType> type = parse_media_type(content_type);
  if (!type) return std::nullopt;
  return lower_case(type->parameter("charset"));
}

std::optional<std::size_t> choose_media_type(std::string_view accept, std::span<const std::string_view> offers,
                                             bool (*can_be)(const MediaType&)) {
  if (offers.empty()) return std::nullopt;
  std::vector<Range> ranges = parse_accept(accept);
  if (ranges.empty()) return 0;
  if (can_be != nullptr) std::erase_if(ranges, [&](const Range& range) { return !can_be(range.type); });
  std::optional<std::size_t> best;
  int best_quality = 0;
  for (std::size_t i = 0; i < offers.size(); ++i) {
    Specificity closest = Specificity::none;
    int quality = 0;
    for (const Range& range : ranges) {
      const Specificity specificity = match(range.type, offers[i]);
      if (specificity == Specificity::none || specificity < closest) continue;
      quality = specificity > closest ? range.quality : std::max(quality, range.quality);
      closest = specificity;
    }
    if (quality > best_quality) {
      best = i;
      best_quality = quality;
    }
  }
  return best;
}

bool accepts_encoding(std::string_view accept_encoding, std::string_view coding) {
  std::optional<bool> named;
  std::optional<bool> wildcard;
  for_each_part(accept_encoding, ',', [&](std::string_view part) {
    const std::size_t semicolon = std::min(part.find(';'), part.size());
    const std::string_view name = trim(part.substr(0, semicolon));
    const std::string_view weight = trim(part.substr(std::min(semicolon + 1, part.size())));
    bool is_wanted = true;
    if (weight.size() > 2 && to_lower(weight[0]) == 'q' && weight[1] == '=') {
      is_wanted = parse_quality(weight.substr(2)).value_or(0) > 0;
    }
    if (equals_ignoring_case(name, coding)) named = is_wanted;
    if (name == "*") wildcard = is_wanted;
  });
  return named.value_or(wildcard.value_or(false));
}

}  // namespace vesta::http
