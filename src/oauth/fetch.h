// Fetch: how this module asks other servers, by a function that is handed in.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>

#include "base/result.h"

namespace vesta::oauth {

struct FetchRequest {
  std::string url;
  std::size_t max_bytes;           // of the answer
  std::string form = {};           // what a POST sends; empty: it is a GET
  std::string authorization = {};  // the header's value; empty: none
};

struct FetchAnswer {
  int status = 0;
  std::string body;
};

// With a deadline of its own, on any thread. Errors: nothing came that could be used, with a reason for the log.
using Fetch = std::function<Result<FetchAnswer>(const FetchRequest& request)>;

// What stands at a URL. Errors: those of `fetch`; unavailable: another status than 200.
inline Result<std::string> fetch_text(const Fetch& fetch, const std::string& url, std::size_t max_bytes) {
  VESTA_TRY(FetchAnswer answer, fetch({url, max_bytes}));
  if (answer.status == 200) return std::move(answer.body);
  return make_error(Category::unavailable, "the answer has the status " + std::to_string(answer.status));
}

}  // namespace vesta::oauth
