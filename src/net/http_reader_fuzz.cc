// Fuzzes RequestReader as a connection drives it: any bytes, in pieces, give a request, a refusal, or a wish for more.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/limits.h"
#include "net/request_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vesta;
  using State = net::RequestReader::State;
  if (size == 0) return 0;
  const std::size_t piece = data[0] == 0 ? size : data[0];
  std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);

  const net::ReaderLimits limits{.header_bytes = 1024, .header_count = 16, .uri_bytes = 256, .body_bytes = 4096};
  net::RequestReader reader(limits);
  std::string pending;
  while (!input.empty()) {
    pending.append(input.substr(0, piece));
    input.remove_prefix(std::min(piece, input.size()));
    while (!pending.empty()) {
      std::size_t consumed = 0;
      const State state = reader.read(pending, consumed);
      CHECK(consumed <= pending.size());
      // A fresh allocation of the rest lets the address sanitizer see a parser that kept a pointer.
      pending = pending.substr(consumed);
      if (state == State::failed) {
        CHECK(reader.refusal().status >= 400 && !reader.refusal().message.empty());
        return 0;
      }
      if (state == State::need_more) {
        CHECK(pending.size() < reader.max_pending_bytes());
        break;
      }
      const http::Request& request = reader.request();
      CHECK(request.body.size() <= limits.body_bytes);
      CHECK(request.body.capacity() >= request.body.size() + kReadPadding);
      CHECK(request.path.size() + request.query.size() <= limits.uri_bytes);
      CHECK(request.headers.fields().size() <= limits.header_count);
      for (const auto& [name, value] : request.headers.fields()) {
        CHECK(!name.empty() && (name + value).find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
      }
      reader.reset();
    }
  }
  return 0;
}
