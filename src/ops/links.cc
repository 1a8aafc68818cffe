// Making and taking of page links. https://hl7.org/fhir/R4/http.html#paging
#include "ops/links.h"

namespace vesta::ops {
namespace {

Error refused_page(std::string message) {
  return Error{Category::invalid, {}, {Issue{Severity::error, "value", std::move(message), "_page"}}};
}

// A link that one principal was given counts what that one sees: nobody else can follow it.
const std::string& holder_of(const Context& context) {
  return context.store.grant().key();
}

}  // namespace

std::string query_text(std::span<const http::Parameter> parameters) {
  std::string text;
  for (const http::Parameter& parameter : parameters) {
    if (!text.empty()) text += '&';
    text += http::percent_encode(parameter.name);
    text += '=';
    text += http::percent_encode(parameter.value);
  }
  return text;
}

std::string page_scope(const Context& context, const Route& route) {
  std::string scope;
  if (route.type != fhir::kNoType) scope = context.definitions.type(route.type).name;
  switch (route.kind) {
    case Route::Kind::system_history:
      return "_history";
    case Route::Kind::type_history:
      return scope + "/_history";
    case Route::Kind::compartment:
    case Route::Kind::compartment_search:
      return std::string(context.definitions.type(route.compartment).name) + "/" + route.id + "/" +
             (scope.empty() ? "*" : scope);
    case Route::Kind::instance_history:
      return scope + "/" + route.id + "/_history";
    default:
      return scope;
  }
}

std::string page_url(const Context& context, std::span<const http::Parameter> format, std::string_view scope,
                     std::span<const http::Parameter> parameters) {
  std::string url = context.base_url;
  if (!scope.empty()) {
    url += '/';
    url += scope;
  }
  std::string query = query_text(parameters);
  const std::string format_query = query_text(format);
  if (!query.empty() && !format_query.empty()) query += '&';
  query += format_query;
  if (!query.empty()) {
    url += '?';
    url += query;
  }
  return url;
}

Result<PagingState> open_token(const Context& context, std::string_view token, PagingState::Kind kind,
                               std::string_view scope) {
  VESTA_TRY(PagingState state, decode_token(context.service.paging_key, holder_of(context), token));
  if (state.kind != kind || state.scope != scope) return refused_page("The page token belongs to another path.");
  if (context.clock.now().value - state.issued.value > kMaxTokenAge.count()) {
    return Error{Category::gone,
                 {},
                 {Issue{Severity::error, "processing",
                        "The page link has expired: links hold for " +
                            std::to_string(std::chrono::duration_cast<std::chrono::hours>(kMaxTokenAge).count()) +
                            " hours. Start again from the first page.",
                        "_page"}}};
  }
  return state;
}

Result<std::string> make_token(const Context& context, PagingState state) {
  state.issued = context.clock.now();
  std::string token = encode_token(context.service.paging_key, holder_of(context), state);
  if (token.size() > kMaxTokenBytes) {
    return make_error(Category::too_large,
                      "The search, or a value that it is sorted by, is too long for the links of further pages; narrow "
                      "it, or ask for all of it by a larger _count.");
  }
  return token;
}

Result<std::optional<PagingState>> take_page(const Context& context, const Call& call, PagingState::Kind kind,
                                             std::string_view scope) {
  for (const http::Parameter& parameter : call.parameters) {
    if (parameter.name != "_page") continue;
    if (call.parameters.size() != 1) return refused_page("A page link is followed as it is: '_page' stands alone.");
    VESTA_TRY(PagingState state, open_token(context, parameter.value, kind, scope));
    return std::optional<PagingState>(std::move(state));
  }
  return std::optional<PagingState>();
}

Result<std::string> token_url(const Context& context, std::span<const http::Parameter> format, PagingState state) {
  const std::string scope = state.scope;
  VESTA_TRY(std::string token, make_token(context, std::move(state)));
  const http::Parameter page{"_page", std::move(token)};
  return page_url(context, format, scope, {&page, 1});
}

}  // namespace vesta::ops
