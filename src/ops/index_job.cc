// Jobs as lines of fields with a space between them.
#include "ops/index_job.h"

#include <charconv>
#include <optional>
#include <utility>

namespace vesta::ops {
namespace {

constexpr std::pair<IndexJob::Kind, std::string_view> kKinds[] = {{IndexJob::Kind::parameters, "parameters"},
                                                                  {IndexJob::Kind::reindex, "reindex"}};
constexpr std::pair<IndexJob::State, std::string_view> kStates[] = {{IndexJob::State::running, "running"},
                                                                    {IndexJob::State::completed, "completed"},
                                                                    {IndexJob::State::failed, "failed"},
                                                                    {IndexJob::State::superseded, "superseded"}};

template <class Value, std::size_t N>
std::string_view name_of(const std::pair<Value, std::string_view> (&names)[N], Value value) {
  for (const auto& [each, name] : names) {
    if (each == value) return name;
  }
  return {};
}

template <class Value, std::size_t N>
bool read_name(const std::pair<Value, std::string_view> (&names)[N], std::string_view text, Value& value) {
  for (const auto& [each, name] : names) {
    if (name != text) continue;
    value = each;
    return true;
  }
  return false;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return parts;
}

// A position is bytes; "-" is the empty one.
std::string to_hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  if (bytes.empty()) return "-";
  std::string text;
  for (const char c : bytes) {
    text.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
    text.push_back(kDigits[static_cast<unsigned char>(c) & 15]);
  }
  return text;
}

bool from_hex(std::string_view text, std::string& bytes) {
  bytes.clear();
  if (text == "-") return true;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data() + i, text.data() + i + 2, value, 16);
    if (error != std::errc() || end != text.data() + i + 2) return false;
    bytes.push_back(static_cast<char>(value));
  }
  return text.size() % 2 == 0;
}

template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

template <class Numbers>
void each_number(IndexJob& job, const Numbers& visit) {
  visit(job.pass);
  visit(job.type);
  visit(job.in_type);
  visit(job.pass_seq);
  visit(job.epoch);
  visit(job.done);
  visit(job.total);
  visit(job.changed);
  visit(job.failed);
  visit(job.indexed);
  visit(job.started);
  visit(job.ended);
}

std::optional<IndexJob> decode_job(const fhir::Definitions& definitions, std::string_view line) {
  const std::vector<std::string_view> fields = split(line, ' ');
  std::size_t at = 0;
  const auto next = [&] { return at < fields.size() ? fields[at++] : std::string_view(); };
  IndexJob job;
  job.id = next();
  bool is_whole = read_name(kKinds, next(), job.kind) && read_name(kStates, next(), job.state);
  each_number(job, [&](auto& number) { is_whole = read_number(next(), number) && is_whole; });
  is_whole = from_hex(next(), job.cursor) && is_whole;
  for (const std::string_view name : split(next(), ',')) {
    const auto type = definitions.find_resource_type(name);
    if (type) job.types.push_back(*type);
    is_whole = is_whole && type.has_value();
  }
  for (const std::string_view digest : split(next(), ',')) job.digests.emplace_back(digest);
  if (!is_whole) return std::nullopt;
  return job;
}

}  // namespace

std::string_view to_string(IndexJob::Kind kind) {
  return name_of(kKinds, kind);
}

std::string_view to_string(IndexJob::State state) {
  return name_of(kStates, state);
}

std::string encode_jobs(const fhir::Definitions& definitions, const std::vector<IndexJob>& jobs) {
  std::string text;
  for (IndexJob job : jobs) {
    text.append(job.id).append(" ").append(to_string(job.kind)).append(" ").append(to_string(job.state));
    each_number(job, [&text](const auto& number) { text.append(" ").append(std::to_string(number)); });
    text.append(" ").append(to_hex(job.cursor)).append(" ");
    for (std::size_t i = 0; i < job.types.size(); ++i) {
      text.append(i == 0 ? "" : ",").append(definitions.type(job.types[i]).name);
    }
    for (std::size_t i = 0; i < job.digests.size(); ++i) text.append(i == 0 ? " " : ",").append(job.digests[i]);
    text += '\n';
  }
  return text;
}

std::vector<IndexJob> decode_jobs(const fhir::Definitions& definitions, std::string_view text) {
  std::vector<IndexJob> jobs;
  for (const std::string_view line : split(text, '\n')) {
    if (auto job = decode_job(definitions, line)) jobs.push_back(std::move(*job));
  }
  return jobs;
}

}  // namespace vesta::ops
