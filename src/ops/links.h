// Links of a page: `self` as it was understood, `next` and `previous` with their tokens.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/message.h"
#include "ops/call.h"
#include "ops/context.h"
#include "ops/paging_token.h"

namespace vesta::ops {

// "name=value&…", percent-encoded.
std::string query_text(std::span<const http::Parameter> parameters);

// The path below the base that a call's pages have: "Patient", "Patient/1/_history", "_history", "".
std::string page_scope(const Context& context, const Route& route);

// `format`: Call::format, which every link of an answer repeats.
std::string page_url(const Context& context, std::span<const http::Parameter> format, std::string_view scope,
                     std::span<const http::Parameter> parameters);

// The state of a page token. Errors (invalid): a bad token, one of another path or kind; gone: older than kMaxTokenAge.
Result<PagingState> open_token(const Context& context, std::string_view token, PagingState::Kind kind,
                               std::string_view scope);
// The text of a token that is valid for kMaxTokenAge from now on. Errors: too_large (kMaxTokenBytes).
Result<std::string> make_token(const Context& context, PagingState state);
// The state of the call's `_page` parameter, or nullopt if it has none. Errors (invalid): a bad token, one of another
// path or kind, further parameters beside it; gone: older than kMaxTokenAge.
Result<std::optional<PagingState>> take_page(const Context& context, const Call& call, PagingState::Kind kind,
                                             std::string_view scope);
// The link to the page that `state` tells, from now on valid for kMaxTokenAge. Errors: too_large (kMaxTokenBytes).
Result<std::string> token_url(const Context& context, std::span<const http::Parameter> format, PagingState state);

}  // namespace vesta::ops
