// Structured logs: one line per event on stderr, JSON for machines or text for a terminal, with the current request's
// id.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string_view>
#include <type_traits>
#include <variant>

namespace vesta::log {

enum class Level { debug, info, warning, error, off };
enum class Format { automatic, json, text };  // automatic: text if stderr is a terminal, else JSON

// A named value of an event. Borrows its texts: make it in the call.
struct Field {
  template <class T>
  Field(std::string_view field_key, const T& field_value) : key(field_key), value(to_value(field_value)) {}

  std::string_view key;  // lower_case, with the unit last: "elapsed_ms"
  std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool> value;

 private:
  template <class T>
  static decltype(value) to_value(const T& from) {
    if constexpr (std::same_as<T, bool>) {
      return from;
    } else if constexpr (std::floating_point<T>) {
      return static_cast<double>(from);
    } else if constexpr (std::signed_integral<T>) {
      return static_cast<std::int64_t>(from);
    } else if constexpr (std::unsigned_integral<T>) {
      return static_cast<std::uint64_t>(from);
    } else {
      return std::string_view(from);
    }
  }
};
using Fields = std::initializer_list<Field>;

// All functions are thread-safe, and none throws: what cannot be written is dropped.
void set_level(Level level);
void set_format(Format format);
bool enabled(Level level);
// Where lines go (without the line end) instead of stderr, for tests; null goes back to stderr.
using Sink = std::function<void(std::string_view line)>;
void set_sink(Sink sink);

void write(Level level, std::string_view message, Fields fields = {}) noexcept;
inline void debug(std::string_view message, Fields fields = {}) noexcept {
  write(Level::debug, message, fields);
}
inline void info(std::string_view message, Fields fields = {}) noexcept {
  write(Level::info, message, fields);
}
inline void warning(std::string_view message, Fields fields = {}) noexcept {
  write(Level::warning, message, fields);
}
inline void error(std::string_view message, Fields fields = {}) noexcept {
  write(Level::error, message, fields);
}

// While it lives, all lines of this thread carry "request_id". Borrows the text. Scopes may be nested.
class RequestScope {
 public:
  explicit RequestScope(std::string_view request_id);
  ~RequestScope();
  RequestScope(const RequestScope&) = delete;
  RequestScope& operator=(const RequestScope&) = delete;

 private:
  std::string_view outer_;
};
// Of the innermost scope of this thread, or empty.
std::string_view current_request_id();

}  // namespace vesta::log
