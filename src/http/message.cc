// Names of methods, and header fields.
#include "http/message.h"

#include <algorithm>

#include "http/ascii.h"

namespace vesta::http {

std::string_view to_string(Method method) {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::head:
      return "HEAD";
    case Method::post:
      return "POST";
    case Method::put:
      return "PUT";
    case Method::delete_:
      return "DELETE";
    case Method::patch:
      return "PATCH";
    case Method::options:
      return "OPTIONS";
    case Method::other:
      break;
  }
  return "OTHER";
}

Method parse_method(std::string_view name) {
  for (Method method :
       {Method::get, Method::post, Method::put, Method::delete_, Method::head, Method::patch, Method::options}) {
    if (name == to_string(method)) return method;
  }
  return Method::other;
}

void Headers::set(std::string_view name, std::string value) {
  const auto matches = [name](const auto& field) { return equals_ignoring_case(field.first, name); };
  const auto first = std::find_if(fields_.begin(), fields_.end(), matches);
  if (first == fields_.end()) {
    add(std::string(name), std::move(value));
    return;
  }
  first->second = std::move(value);
  fields_.erase(std::remove_if(first + 1, fields_.end(), matches), fields_.end());
}

const std::string* Headers::find(std::string_view name) const {
  for (const auto& [field, value] : fields_) {
    if (equals_ignoring_case(field, name)) return &value;
  }
  return nullptr;
}

std::string_view Headers::get(std::string_view name) const {
  const std::string* value = find(name);
  return value == nullptr ? std::string_view() : std::string_view(*value);
}

Status gather(Response& response) {
  bool has_more = response.rest != nullptr;
  while (has_more) {
    VESTA_TRY(has_more, response.rest->append(response.body));
  }
  response.rest = nullptr;
  return kOk;
}

}  // namespace vesta::http
