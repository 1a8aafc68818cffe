// Form: the parameters of a request to an endpoint, each once. https://www.rfc-editor.org/rfc/rfc6749#section-3.2
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/message.h"

namespace vesta::oauth {

inline constexpr std::size_t kMaxFormBytes = 32 * 1024;  // an assertion of kMaxJwtBytes, and what else there is

class Form {
 public:
  // Of the body of a POST. Errors (oauth_error): another media type, a broken or a repeated parameter; too_large.
  static Result<Form> of_body(const http::Request& request);

  // Of the query of a GET. Errors: as those of a body.
  static Result<Form> of_query(const http::Request& request);

  // Null: it was not sent, or is empty, which means the same. https://www.rfc-editor.org/rfc/rfc6749#section-3.1
  const std::string* find(std::string_view name) const;
  std::string_view get(std::string_view name) const;
  // Errors (oauth_error): it is missing.
  Result<std::string_view> need(std::string_view name) const;

 private:
  static Result<Form> read(std::string_view text);

  std::vector<http::Parameter> parameters_;
};

// The field Authorization; null: there is none. Errors (oauth_error): there are two, of which somebody before us may
// have looked at the other.
Result<const std::string*> authorization_of(const http::Request& request);

// Calls `visit(part)` for each part that is not empty; a quotation mark is a character like any other.
template <class Visit>
void for_each_between(std::string_view list, char separator, Visit visit) {
  while (!list.empty()) {
    const std::string_view part = list.substr(0, list.find(separator));
    list.remove_prefix(std::min(part.size() + 1, list.size()));
    if (!part.empty()) visit(part);
  }
}

// Of the words of a list by spaces, in their order. https://www.rfc-editor.org/rfc/rfc6749#section-3.3
std::vector<std::string> words_of(std::string_view list);
std::string joined(const std::vector<std::string>& words);
bool has_word(const std::vector<std::string>& words, std::string_view word);

}  // namespace vesta::oauth
