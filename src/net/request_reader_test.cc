// Tests of RequestReader: framing, limits on both sides, and what it refuses. The same bytes in any pieces give the
// same.
#include "net/request_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/limits.h"

namespace vesta::net {
namespace {

using State = RequestReader::State;

struct Outcome {
  State state = State::need_more;
  int status = 0;  // of the refusal
  http::Request request;
  std::string rest;
  bool keeps_alive = false;
};

// Feeds the bytes in pieces of this size, as a connection would.
Outcome read(std::string_view bytes, std::size_t piece, const ReaderLimits& limits = {}) {
  RequestReader reader(limits);
  std::string buffer;
  Outcome outcome;
  while (!bytes.empty() && outcome.state == State::need_more) {
    buffer.append(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    std::size_t consumed = 0;
    outcome.state = reader.read(buffer, consumed);
    buffer.erase(0, consumed);
    EXPECT_LT(buffer.size(), reader.max_pending_bytes() + piece);
  }
  if (outcome.state == State::failed) outcome.status = reader.refusal().status;
  if (outcome.state == State::complete) {
    outcome.keeps_alive = reader.keeps_alive();
    outcome.request = std::move(reader.request());
    outcome.rest = buffer.append(bytes);
  }
  return outcome;
}

// The same for every size of the pieces.
Outcome read_any(std::string_view bytes, const ReaderLimits& limits = {}) {
  Outcome whole = read(bytes, bytes.size(), limits);
  for (std::size_t piece : {1, 2, 3, 7, 64}) {
    const Outcome other = read(bytes, piece, limits);
    EXPECT_EQ(other.state, whole.state) << piece << ": " << bytes.substr(0, 200);
    EXPECT_EQ(other.status, whole.status) << piece << ": " << bytes.substr(0, 200);
    EXPECT_EQ(other.request.body, whole.request.body) << piece;
    EXPECT_EQ(other.rest, whole.rest) << piece;
  }
  return whole;
}

int refusal(std::string_view bytes, const ReaderLimits& limits = {}) {
  return read_any(bytes, limits).status;
}

TEST(RequestReaderTest, ReadsTargetHeadersAndBody) {
  const Outcome outcome = read_any(
      "\r\nPOST /fhir/Patient?a=b%20c HTTP/1.1\r\nHost: h\r\ncontent-length: 5\r\nX-Empty:\r\nX-Spaces:  a b \r\n\r\n"
      "helloGET");
  ASSERT_EQ(outcome.state, State::complete);
  EXPECT_EQ(outcome.request.method, http::Method::post);
  EXPECT_EQ(outcome.request.path, "/fhir/Patient");
  EXPECT_EQ(outcome.request.query, "a=b%20c");
  EXPECT_EQ(outcome.request.headers.get("Content-Length"), "5");
  EXPECT_EQ(outcome.request.headers.get("x-spaces"), "a b");
  EXPECT_EQ(outcome.request.body, "hello");
  EXPECT_GE(outcome.request.body.capacity(), 5 + kReadPadding);
  EXPECT_EQ(outcome.rest, "GET");
  EXPECT_TRUE(outcome.keeps_alive);
}

TEST(RequestReaderTest, EmptyBodyIsPaddedToo) {
  EXPECT_GE(read_any("GET / HTTP/1.1\r\nHost: h\r\n\r\n").request.body.capacity(), kReadPadding);
}

TEST(RequestReaderTest, ReadsChunks) {
  const Outcome outcome = read_any(
      "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n"
      "3\r\nabc\r\nA;name=value\r\n0123456789\r\n0\r\nTrailer: x\r\nHost: evil\r\n\r\nrest");
  ASSERT_EQ(outcome.state, State::complete);
  EXPECT_EQ(outcome.request.body, "abc0123456789");
  EXPECT_GE(outcome.request.body.capacity(), 13 + kReadPadding);
  EXPECT_EQ(outcome.request.headers.find("Trailer"), nullptr);
  EXPECT_EQ(outcome.request.headers.get("Host"), "h");
  EXPECT_EQ(outcome.rest, "rest");
}

// Found by the fuzzer: the parser asserts that the last chunk does not come byte by byte.
TEST(RequestReaderTest, ReadsAnEmptyChunkedBodyInAnyPieces) {
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(read_any(post + "0\r\n\r\n").state, State::complete);
  EXPECT_EQ(read_any(post + "0\r\nX: y\r\n\r\n").state, State::complete);
  EXPECT_EQ(read_any(post + "0\r\n\r").state, State::need_more);
}

TEST(RequestReaderTest, TargetForms) {
  const auto target = [](const std::string& text, const std::string& method = "GET") {
    const Outcome outcome = read_any(method + " " + text + " HTTP/1.1\r\nHost: h\r\n\r\n");
    return outcome.state == State::complete ? outcome.request.path + "|" + outcome.request.query
                                            : std::to_string(outcome.status);
  };
  EXPECT_EQ(target("/"), "/|");
  EXPECT_EQ(target("/a?b?c"), "/a|b?c");
  EXPECT_EQ(target("http://host:80/a?b"), "/a|b");
  EXPECT_EQ(target("HTTPS://host"), "/|");
  EXPECT_EQ(target("http://host?b"), "/|b");
  EXPECT_EQ(target("*", "OPTIONS"), "*|");
  EXPECT_EQ(target("*"), "400");
  EXPECT_EQ(target("host:443", "CONNECT"), "400");
  EXPECT_EQ(target("a"), "400");
  EXPECT_EQ(target("http://"), "400");
  EXPECT_EQ(target("http:///a"), "400");
  EXPECT_EQ(target("/a#b"), "400");
}

TEST(RequestReaderTest, KeepAliveByVersionAndHeader) {
  EXPECT_TRUE(read_any("GET / HTTP/1.1\r\nHost: h\r\n\r\n").keeps_alive);
  EXPECT_FALSE(read_any("GET / HTTP/1.1\r\nHost: h\r\nConnection: Close\r\n\r\n").keeps_alive);
  EXPECT_FALSE(read_any("GET / HTTP/1.0\r\n\r\n").keeps_alive);
  EXPECT_TRUE(read_any("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").keeps_alive);
}

// What one reader would cut here and another there is refused.
TEST(RequestReaderTest, RefusesAmbiguousFraming) {
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\n";
  for (const char* headers : {
           "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
           "Content-Length: 5\r\nContent-Length: 6\r\n",
           "Content-Length: 5\r\nContent-Length: 5\r\n",
           "Content-Length: 5, 5\r\n",
           "Content-Length: +5\r\n",
           "Content-Length: -5\r\n",
           "Content-Length: 0x5\r\n",
           "Content-Length: 5 5\r\n",
           "Content-Length:\r\n",
           "Content-Length: 99999999999999999999999\r\n",
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
           "Content-Length : 5\r\n",
           " Content-Length: 5\r\n",
           "Content Length: 5\r\n",
           ": 5\r\n",
           "Host: other\r\n",
       }) {
    EXPECT_EQ(refusal(post + headers + "\r\nhello"), 400) << headers;
  }
  for (const char* coding : {"gzip, chunked", "chunked, gzip", "identity", "xchunked", "chunked;q=1"}) {
    const int status = refusal(post + "Transfer-Encoding: " + coding + "\r\n\r\n0\r\n\r\n");
    EXPECT_TRUE(status == 501 || status == 400) << coding << ": " << status;
  }
  EXPECT_EQ(refusal("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400);
}

TEST(RequestReaderTest, RefusesBadChunks) {
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const char* chunks : {"x\r\n", "-1\r\n", " 3\r\nabc\r\n", "3\r\nabcd\r\n0\r\n\r\n", "3 4\r\nabc\r\n", "\r\n",
                             "fffffffffffffffff\r\n", "3;=\r\nabc\r\n", "3\nabc\n"}) {
    const Outcome outcome = read_any(post + chunks + "0\r\n\r\n0\r\n\r\n");
    EXPECT_EQ(outcome.state, State::failed) << chunks;
    EXPECT_TRUE(outcome.status == 400 || outcome.status == 413) << chunks << ": " << outcome.status;
  }
}

TEST(RequestReaderTest, RefusesBadHeads) {
  using namespace std::string_literals;
  for (const std::string& head : {
           "GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n"s,
           "GET / HTTP/1.1\r\nHost: h\r\nX\0: b\r\n\r\n"s,
           "GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n"s,
           "GET / HTTP/1.1\nHost: h\r\n\r\n"s,
           "GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n"s,
           "GET / HTTP/1.1\r\nHost: h\r\nX: y\rz\r\n\r\n"s,
           "GET / HTTP/1.1\r\n\r\n"s,
           "G\x01T / HTTP/1.1\r\nHost: h\r\n\r\n"s,
           "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 TLS on the plain port"s,
       }) {
    EXPECT_EQ(refusal(head), 400) << head;
  }
  EXPECT_EQ(refusal("GET  / HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
  EXPECT_EQ(refusal("GET / HTTP/one\r\nHost: h\r\n\r\n"), 400);
  EXPECT_EQ(refusal("GET / x HTTP/1.1\r\nHost: h\r\n\r\n"), 505);  // the parser takes x for a version
  EXPECT_EQ(refusal("GET / HTTP/2.0\r\nHost: h\r\n\r\n"), 505);
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost: h\r\nExpect: miracles\r\n\r\n"), 417);
}

TEST(RequestReaderTest, UriLimitOnBothSides) {
  const ReaderLimits limits{.header_bytes = 4096, .uri_bytes = 100};
  const auto request = [](std::size_t size) {
    return "GET /" + std::string(size - 1, 'u') + " HTTP/1.1\r\nHost: h\r\n\r\n";
  };
  EXPECT_EQ(read_any(request(100), limits).state, State::complete);
  EXPECT_EQ(refusal(request(101), limits), 414);
  EXPECT_EQ(refusal(request(10'000), limits), 414);
}

TEST(RequestReaderTest, HeaderLimitsOnBothSides) {
  const ReaderLimits limits{.header_bytes = 4096, .header_count = 10};
  const auto request = [](std::size_t fields, std::size_t size) {
    std::string text = "GET / HTTP/1.1\r\nHost: h\r\n";
    for (std::size_t i = 1; i < fields; ++i) text += "X: " + std::string(size, 'x') + "\r\n";
    return text + "\r\n";
  };
  EXPECT_EQ(read_any(request(10, 10), limits).state, State::complete);
  EXPECT_EQ(refusal(request(11, 10), limits), 431);
  EXPECT_EQ(read_any(request(2, 3900), limits).state, State::complete);
  EXPECT_EQ(refusal(request(2, 4200), limits), 431);
  EXPECT_EQ(refusal(request(2, 100'000), limits), 431);
}

TEST(RequestReaderTest, BodyLimitOnBothSides) {
  const ReaderLimits limits{.body_bytes = 10};
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\n";
  EXPECT_EQ(read_any(head + "Content-Length: 10\r\n\r\n0123456789", limits).request.body, "0123456789");
  EXPECT_EQ(refusal(head + "Content-Length: 11\r\n\r\n", limits), 413);  // before a byte of it
  const std::string chunked = head + "Transfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(read_any(chunked + "5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n", limits).request.body, "0123456789");
  EXPECT_EQ(refusal(chunked + "5\r\n01234\r\n6\r\n", limits), 413);
}

// Nothing makes the reader wait for ever with more and more pending.
TEST(RequestReaderTest, PendingBytesAreBounded) {
  const ReaderLimits limits{.header_bytes = 2048};
  const std::string chunked = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(refusal(chunked + "3;" + std::string(10'000, 'e'), limits), 400);
  EXPECT_EQ(read(chunked + "0\r\nX: " + std::string(10'000, 't'), 64, limits).state, State::failed);
  EXPECT_EQ(read(std::string(10'000, 'M'), 64, limits).state, State::failed);
}

TEST(RequestReaderTest, ReadsOneAfterAnother) {
  RequestReader reader({});
  std::string bytes = "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n";
  for (const char* path : {"/1", "/2"}) {
    std::size_t consumed = 0;
    EXPECT_FALSE(reader.has_started());
    ASSERT_EQ(reader.read(bytes, consumed), State::complete);
    EXPECT_EQ(reader.request().path, path);
    bytes.erase(0, consumed);
    reader.reset();
  }
  EXPECT_TRUE(bytes.empty());
}

// What a head only declares must not cost memory: many clients could declare the most and send nothing.
TEST(RequestReader, RoomForABodyGrowsWithWhatArrives) {
  RequestReader reader(ReaderLimits{});
  std::size_t consumed = 0;
  const std::string body(3 * 1024 * 1024, 'x');
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\nx";
  ASSERT_EQ(reader.read(head, consumed), State::need_more);
  ASSERT_EQ(reader.body_received(), 1U);
  EXPECT_GE(reader.request().body.capacity(), kFirstBodyReserve);
  EXPECT_LE(reader.request().body.capacity(), 2 * kFirstBodyReserve);
  constexpr std::size_t kPiece = 48 * 1024;
  State state = State::need_more;
  for (std::size_t at = 1; at < body.size(); at += kPiece) {
    ASSERT_EQ(state, State::need_more);
    state = reader.read(std::string_view(body).substr(at, kPiece), consumed);
    const std::size_t received = std::min(at + kPiece, body.size());
    EXPECT_GE(reader.request().body.capacity(), received);
    EXPECT_LE(reader.request().body.capacity(), 2 * (received + kFirstBodyReserve));
  }
  ASSERT_EQ(state, State::complete);
  EXPECT_EQ(reader.request().body, body);
  EXPECT_GE(reader.request().body.capacity(), body.size() + kReadPadding);
}

TEST(RequestReader, ASmallBodyGetsItsRoomAtOnce) {
  RequestReader reader(ReaderLimits{});
  std::size_t consumed = 0;
  ASSERT_EQ(reader.read("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nx", consumed), State::need_more);
  EXPECT_GE(reader.request().body.capacity(), 1000 + kReadPadding);
  EXPECT_LT(reader.request().body.capacity(), kFirstBodyReserve);
}

}  // namespace
}  // namespace vesta::net
