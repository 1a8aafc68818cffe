// The cookies of the pages: each is for the endpoints alone, and for no script.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "http/ascii.h"
#include "http/message.h"
#include "oauth/addresses.h"
#include "oauth/form.h"

namespace vesta::oauth {

// The first cookie of this name that serves; empty: none does. Sites beside this one can set some of its names.
template <class Serves>
std::string_view cookie(const http::Request& request, std::string_view name, Serves serves) {
  std::string_view found;
  for (const auto& [field, value] : request.headers.fields()) {
    if (!http::equals_ignoring_case(field, "Cookie")) continue;
    for_each_between(value, ';', [&](std::string_view part) {
      part = http::trim(part);
      const bool is_named = part.size() > name.size() && part.starts_with(name) && part[name.size()] == '=';
      if (found.empty() && is_named && serves(part.substr(name.size() + 1))) found = part.substr(name.size() + 1);
    });
  }
  return found;
}

void set_cookie(const Addresses& addresses, std::string_view name, std::string_view value, std::chrono::seconds age,
                http::Response& response);

}  // namespace vesta::oauth
