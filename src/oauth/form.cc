// Reading of forms.
#include "oauth/form.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "http/ascii.h"
#include "oauth/answers.h"

namespace vesta::oauth {
namespace {

bool is_form(std::string_view content_type) {
  const std::string_view type = http::trim(content_type.substr(0, content_type.find(';')));
  return http::equals_ignoring_case(type, "application/x-www-form-urlencoded");
}

}  // namespace

Result<Form> Form::of_body(const http::Request& request) {
  if (!is_form(request.headers.get("Content-Type"))) {
    return oauth_error(kInvalidRequest, "The body must be application/x-www-form-urlencoded.");
  }
  return read(request.body);
}

Result<Form> Form::of_query(const http::Request& request) {
  return read(request.query);
}

Result<Form> Form::read(std::string_view text) {
  if (text.size() > kMaxFormBytes) return make_error(Category::too_large, "The form is too large.");
  auto parameters = http::parse_query(text);
  if (!parameters) return oauth_error(kInvalidRequest, "The form cannot be read.");
  std::set<std::string_view> names;
  for (const http::Parameter& each : *parameters) {
    if (!names.insert(each.name).second) return oauth_error(kInvalidRequest, "A parameter stands twice.");
  }
  Form form;
  form.parameters_ = *std::move(parameters);
  return form;
}

const std::string* Form::find(std::string_view name) const {
  const auto found = std::ranges::find(parameters_, name, &http::Parameter::name);
  return found == parameters_.end() || found->value.empty() ? nullptr : &found->value;
}

std::string_view Form::get(std::string_view name) const {
  const std::string* const value = find(name);
  return value == nullptr ? std::string_view() : *value;
}

Result<std::string_view> Form::need(std::string_view name) const {
  const std::string* const value = find(name);
  if (value == nullptr) return oauth_error(kInvalidRequest, std::string(name) + " is missing.");
  return std::string_view(*value);
}

Result<const std::string*> authorization_of(const http::Request& request) {
  const std::string* found = nullptr;
  for (const auto& [name, value] : request.headers.fields()) {
    if (!http::equals_ignoring_case(name, "Authorization")) continue;
    if (found != nullptr) return oauth_error(kInvalidRequest, "The field Authorization stands twice.");
    found = &value;
  }
  return found;
}

std::vector<std::string> words_of(std::string_view list) {
  std::vector<std::string> words;
  for_each_between(list, ' ', [&](std::string_view word) { words.emplace_back(word); });
  return words;
}

bool has_word(const std::vector<std::string>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

std::string joined(const std::vector<std::string>& words) {
  std::string list;
  for (const std::string& word : words) list.append(list.empty() ? "" : " ").append(word);
  return list;
}

}  // namespace vesta::oauth
