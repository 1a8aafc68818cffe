// Entity tags of documents that everybody may read and caches may keep.
#include "server/public_documents.h"

#include <cstddef>
#include <string>

#include "http/entity_tag.h"
#include "identity/digest.h"

namespace vesta::server {
namespace {

constexpr std::size_t kTagBytes = 12;

}  // namespace

void tag_public_document(const http::Request& request, http::Response& response) {
  const bool is_read = request.method == http::Method::get || request.method == http::Method::head;
  if (!is_read || response.status != 200 || response.rest != nullptr) return;
  if (!response.headers.get("Cache-Control").starts_with("public")) return;
  if (response.headers.find("ETag") != nullptr) return;
  const http::EntityTag tag{.is_weak = true,
                            .value = identity::base64url(identity::sha256(response.body).substr(0, kTagBytes))};
  response.headers.add("ETag", http::format_entity_tag(tag));
  const auto known = http::parse_entity_tags(request.headers.get("If-None-Match"));
  if (!known || !known->matches(tag.value)) return;
  response.status = 304;
  response.body.clear();
}

}  // namespace vesta::server
