// Fuzzes the values of headers: entity tags, dates, media types, preferences, idempotency keys; what is accepted comes
// back when written.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "http/date.h"
#include "http/entity_tag.h"
#include "http/idempotency_key.h"
#include "http/media_type.h"
#include "http/prefer.h"

namespace {

using namespace vesta;

constexpr Instant kNow{1'767'225'600'000'000};  // 2026-01-01: decides the century of two-digit years

void check_entity_tags(std::string_view text) {
  if (const auto tag = http::parse_entity_tag(text))
    CHECK(http::parse_entity_tag(http::format_entity_tag(*tag)) == tag);
  const auto list = http::parse_entity_tags(text);
  if (!list) return;
  CHECK(list->is_any || !list->tags.empty());
  CHECK(list->tags.size() <= http::kMaxEntityTags);
  for (const http::EntityTag& tag : list->tags) CHECK(list->matches(tag.value));
}

void check_date(std::string_view text) {
  const auto date = http::parse_date(text, kNow);
  if (!date) return;
  CHECK(date->value % 1'000'000 == 0);
  CHECK(http::parse_date(http::format_date(*date), kNow) == date);
}

void check_media_types(std::string_view text) {
  static constexpr std::array<std::string_view, 2> kOffers = {"application/fhir+json", "text/html"};
  const auto chosen = http::choose_media_type(text, kOffers);
  CHECK(!chosen || *chosen < kOffers.size());
  (void)http::accepts_encoding(text, "gzip");
  const auto type = http::parse_media_type(text);
  if (!type) return;
  CHECK(http::parse_media_type(type->essence()).has_value());
  CHECK(http::content_charset(text).has_value());
}

void check_preferences(std::string_view text) {
  const http::Preferences preferences = http::Preferences::parse(text);
  const auto value = preferences.get("return");
  CHECK(preferences.is("return", "minimal") == (value == "minimal"));
}

void check_idempotency_key(std::string_view text) {
  const auto key = http::parse_idempotency_key(text);
  if (!key) return;
  CHECK(!key->empty() && key->size() <= http::kMaxIdempotencyKey);
  CHECK(http::parse_idempotency_key("\"" + std::string(*key) + "\"") == key);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_entity_tags(text);
  check_date(text);
  check_media_types(text);
  check_preferences(text);
  check_idempotency_key(text);
  return 0;
}
