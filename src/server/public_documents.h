// Entity tags of documents that everybody may read and caches may keep.
#pragma once

#include "http/message.h"

namespace vesta::server {

// Gives an answer with `Cache-Control: public` a tag of its bytes, weak, as it may go out compressed; and makes it a
// 304 if the client, or a cache in front, has it. https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2
void tag_public_document(const http::Request& request, http::Response& response);

}  // namespace vesta::server
