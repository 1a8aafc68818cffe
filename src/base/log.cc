// Formats events with fmt and writes them with spdlog.
#include "base/log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <exception>
#include <iterator>
#include <memory>
#include <utility>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/utf8.h"

namespace vesta::log {
namespace {

using Buffer = fmt::memory_buffer;
thread_local std::string_view request_id;

// Sinks live as long as the process: threads may log while static objects are destroyed.
struct State {
  std::atomic<Level> level{Level::info};
  std::atomic<Format> format{Format::automatic};
  const bool is_terminal = ::isatty(STDERR_FILENO) == 1;
  std::shared_ptr<spdlog::logger> logger = make_logger();
  std::atomic<bool> has_sink{false};
  Mutex mutex;
  Sink sink GUARDED_BY(mutex);

  static std::shared_ptr<spdlog::logger> make_logger() {
    auto made = std::make_shared<spdlog::logger>("vesta", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->set_level(spdlog::level::trace);
    made->flush_on(spdlog::level::trace);
    made->set_error_handler([](const std::string&) {});  // a closed stderr must not end the server
    return made;
  }
};

State& state() {
  static State& instance = *new State;
  return instance;
}

std::string_view name_of(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warning:
      return "warning";
    case Level::error:
    case Level::off:
      break;
  }
  return "error";
}

void append(Buffer& out, std::string_view text) {
  out.append(text.data(), text.data() + text.size());
}

// Control characters are escaped in both forms: no input can begin a line of its own or steer a terminal.
void append_escaped(Buffer& out, std::string_view text) {
  const bool is_utf8 = valid_utf8(text);
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (c == '\n') {
      append(out, "\\n");
    } else if (byte < 0x20 || byte == 0x7F || (byte >= 0x80 && !is_utf8)) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    } else {
      out.push_back(c);
    }
  }
}

void append_quoted(Buffer& out, std::string_view text) {
  out.push_back('"');
  append_escaped(out, text);
  out.push_back('"');
}

void append_value(Buffer& out, const Field& field) {
  std::visit(
      [&out](const auto& value) {
        using Value = std::decay_t<decltype(value)>;
        if constexpr (std::same_as<Value, std::string_view>) {
          append_quoted(out, value);
        } else if constexpr (std::same_as<Value, double>) {
          if (std::isfinite(value)) {
            fmt::format_to(std::back_inserter(out), "{}", value);
          } else {
            append(out, "null");  // JSON has no infinity
          }
        } else {
          fmt::format_to(std::back_inserter(out), "{}", value);
        }
      },
      field.value);
}

void append_time(Buffer& out) {
  const std::int64_t now = system_clock().now().value;
  fmt::format_to(std::back_inserter(out), "{:%Y-%m-%dT%H:%M:%S}.{:06d}Z", fmt::gmtime(std::time_t{now / 1000000}),
                 now % 1000000);
}

void format_json(Buffer& out, Level level, std::string_view message, Fields fields) {
  append(out, "{\"time\":\"");
  append_time(out);
  append(out, "\",\"level\":\"");
  append(out, name_of(level));
  append(out, "\",\"message\":");
  append_quoted(out, message);
  if (!request_id.empty()) {
    append(out, ",\"request_id\":");
    append_quoted(out, request_id);
  }
  for (const Field& field : fields) {
    out.push_back(',');
    append_quoted(out, field.key);
    out.push_back(':');
    append_value(out, field);
  }
  out.push_back('}');
}

void format_text(Buffer& out, Level level, std::string_view message, Fields fields) {
  append_time(out);
  fmt::format_to(std::back_inserter(out), " {:<7} ", name_of(level));
  append_escaped(out, message);
  for (const Field& field : fields) {
    out.push_back(' ');
    append(out, field.key);
    out.push_back('=');
    append_value(out, field);
  }
  if (!request_id.empty()) {
    append(out, " request_id=");
    append_escaped(out, request_id);
  }
}

spdlog::level::level_enum spdlog_level(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warning:
      return spdlog::level::warn;
    case Level::error:
    case Level::off:
      break;
  }
  return spdlog::level::err;
}

}  // namespace

void set_level(Level level) {
  state().level.store(level, std::memory_order_relaxed);
}
void set_format(Format format) {
  state().format.store(format, std::memory_order_relaxed);
}
bool enabled(Level level) {
  return level != Level::off && level >= state().level.load(std::memory_order_relaxed);
}

void set_sink(Sink sink) {
  State& s = state();
  MutexLock lock(s.mutex);
  s.has_sink = sink != nullptr;
  s.sink = std::move(sink);
}

void write(Level level, std::string_view message, Fields fields) noexcept {
  try {
    if (!enabled(level)) return;
    State& s = state();
    Format format = s.format.load(std::memory_order_relaxed);
    if (format == Format::automatic) format = s.is_terminal ? Format::text : Format::json;
    Buffer line;
    if (format == Format::json) {
      format_json(line, level, message, fields);
    } else {
      format_text(line, level, message, fields);
    }
    const std::string_view text(line.data(), line.size());
    if (s.has_sink) {
      MutexLock lock(s.mutex);
      if (s.sink) {
        s.sink(text);
        return;
      }
    }
    s.logger->log(spdlog_level(level), spdlog::string_view_t(text.data(), text.size()));
  } catch (const std::exception&) {
    // Out of memory, or a sink that throws: a log line is not worth a request.
  }
}

RequestScope::RequestScope(std::string_view id) : outer_(request_id) {
  request_id = id;
}
RequestScope::~RequestScope() {
  request_id = outer_;
}
std::string_view current_request_id() {
  return request_id;
}

}  // namespace vesta::log
