// The text of a record: a line for each thing that is known.
#include "audit/record.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

#include "audit/secrets.h"
#include "base/words.h"

namespace vesta::audit {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kHex = "0123456789ABCDEF";
constexpr std::string_view kCutEnd = "...\n";
constexpr std::size_t kUsualHead = 512;  // bytes, of most records

struct TextField {
  std::string_view name;
  std::string Record::* value;
  std::string_view Asked::* asked = nullptr;
};
constexpr std::array<TextField, 11> kAsked = {{{"client", &Record::client, &Asked::client},
                                               {"user", &Record::user, &Asked::user},
                                               {"fhir-user", &Record::fhir_user, &Asked::fhir_user},
                                               {"patient", &Record::patient, &Asked::patient},
                                               {"address", &Record::address, &Asked::address},
                                               {"server", &Record::server, &Asked::server},
                                               {"request", &Record::request, &Asked::request},
                                               {"method", &Record::method, &Asked::method},
                                               {"path", &Record::path, &Asked::path},
                                               {"query", &Record::query, &Asked::query},
                                               {"purpose", &Record::purpose, &Asked::purpose}}};
constexpr std::size_t kWho = 6;  // the first of them
constexpr std::string_view kSameWho = "who same\n";
constexpr TextField kInteraction{"interaction", &Record::interaction};
constexpr TextField kPurposes{"purposes", &Record::purposes};

bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= ' ' && byte != 0x7f;
}

template <class... Part>
char* copy_parts(char* out, const Part&... parts) {
  ((out = std::copy_n(parts.data(), parts.size(), out)), ...);
  return out;
}

// OPTIMIZATION: with room for all at once, for a text appended to part by part looks for room each time.
template <class... Part>
void append_parts(std::string& text, const Part&... parts) {
  const std::size_t before = text.size();
  text.resize(before + (parts.size() + ...));
  copy_parts(text.data() + before, parts...);
}

// Appends to a text. OPTIMIZATION: lines are gathered on the stack, for an append of a few bytes costs as much as one
// of some hundred, and a record has dozens. What was added is there after `flush`.
class Lines {
 public:
  explicit Lines(std::string& text) : text_(text) {}
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;

  template <class... Part>
  void add(const Part&... parts) {
    const std::size_t size = (parts.size() + ...);
    if (size > buffer_.size() - size_) flush();
    if (size > buffer_.size()) return append_parts(text_, parts...);
    copy_parts(buffer_.data() + size_, parts...);
    size_ += size;
  }
  void flush() {
    text_.append(buffer_.data(), size_);
    size_ = 0;
  }
  std::size_t size() const { return text_.size() + size_; }

 private:
  std::string& text_;
  std::array<char, kUsualHead> buffer_;
  std::size_t size_ = 0;
};

// In digits.
class Digits {
 public:
  template <class Number>
  explicit Digits(Number number) {
    const char* const end = std::to_chars(text_.data(), text_.data() + text_.size(), number).ptr;
    size_ = static_cast<std::size_t>(end - text_.data());
  }
  const char* data() const { return text_.data(); }
  std::size_t size() const { return size_; }

 private:
  std::array<char, 20> text_;
  std::size_t size_ = 0;
};

// OPTIMIZATION: the lines of a request are some 300 bytes, with each request, and nearly all plain: eight bytes at
// once.
bool is_plain(std::string_view text) {
  if (text.size() < sizeof(std::uint64_t)) return std::ranges::all_of(text, [](char c) { return is_plain(c); });
  return !any_word(text, [](std::uint64_t word) { return has_byte_below(word, ' ') || has_byte(word, 0x7f); });
}

std::string encoded(std::string_view value) {
  std::string text;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_plain(c)) {
      text.push_back(c);
    } else {
      text += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return text;
}

void append_line(std::string_view name, std::string_view value, std::size_t limit, Lines& lines) {
  if (value.empty()) return;
  const std::string_view kept = value.substr(0, limit);
  const std::string_view end = value.size() > limit ? kCutEnd : "\n";
  if (is_plain(kept)) return lines.add(name, " "sv, kept, end);
  lines.add(name, " "sv, encoded(kept), end);
}

template <class Number>
bool read_number(std::string_view text, Number& value) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failed == std::errc() && end == text.data() + text.size();
}

// "Patient/1/3", "Patient/1/3 BTG,ETREAT"
bool read_touched(char how, std::string_view text, Record& record) {
  const std::size_t space = text.find(' ');
  const std::string_view purposes = space == std::string_view::npos ? std::string_view() : text.substr(space + 1);
  text = text.substr(0, space);
  const std::size_t first = text.find('/');
  const std::size_t last = text.rfind('/');
  if (first == std::string_view::npos || first == last) return false;
  Touched touched{static_cast<Touched::How>(how),
                  std::string(text.substr(0, first)),
                  std::string(text.substr(first + 1, last - first - 1)),
                  {},
                  std::string(purposes)};
  if (!read_number(text.substr(last + 1), touched.version.value)) return false;
  record.touched.push_back(std::move(touched));
  return true;
}

// "404 GET /Patient/1"
bool read_entry(std::string_view text, Record& record) {
  const std::size_t first = text.find(' ');
  const std::size_t second = text.find(' ', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return false;
  Entry entry{0, std::string(text.substr(first + 1, second - first - 1)), std::string(text.substr(second + 1))};
  if (!read_number(text.substr(0, first), entry.status)) return false;
  record.entries.push_back(std::move(entry));
  return true;
}

bool read_line(std::string_view name, std::string_view value, Record& record) {
  if (name == "E") return read_entry(value, record);
  if (name == "N") return record.named.emplace_back(value), true;
  if (name.size() == 1) {
    return std::string_view("RCUD").find(name[0]) != std::string_view::npos && read_touched(name[0], value, record);
  }
  if (name == "at") return read_number(value, record.at.value);
  if (name == "status") return read_number(value, record.status);
  const auto read_text = [&](const TextField& field) {
    if (name != field.name) return false;
    record.*field.value = value;
    return true;
  };
  return read_text(kInteraction) || read_text(kPurposes) || std::ranges::any_of(kAsked, read_text);
}

// `before`: in its entry; null: there is none.
Result<Record> read_record(std::string_view text, const Record* before) {
  Record record;
  if (before != nullptr && text.starts_with(kSameWho)) {
    for (std::size_t i = 0; i < kWho; ++i) record.*kAsked[i].value = before->*kAsked[i].value;
    text.remove_prefix(kSameWho.size());
  }
  bool is_behind_touched = false;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const std::size_t space = line.find(' ');
    bool is_read = end != std::string_view::npos && space != std::string_view::npos;
    if (is_read && space == 0) {
      is_read = is_behind_touched && line.size() > 1;
      if (is_read) record.touched.emplace_back(record.touched.back()).id = line.substr(1);
    } else if (is_read) {
      const std::size_t touched = record.touched.size();
      is_read = read_line(line.substr(0, space), line.substr(space + 1), record);
      is_behind_touched = record.touched.size() > touched;
    }
    if (!is_read) return make_error(Category::invalid, "a line of the record is none: " + std::string(line));
    text.remove_prefix(end + 1);
  }
  if (record.at == Instant{}) return make_error(Category::invalid, "the record does not say when it was made");
  return record;
}

}  // namespace

Asked asked_of(const Record& record) {
  Asked asked;
  for (const TextField& field : kAsked) asked.*field.asked = record.*field.value;
  return asked;
}

AskedText asked_text(const Asked& asked) {
  AskedText made;
  std::string room;
  Lines lines(made.text);
  for (std::size_t i = 0; i < kAsked.size(); ++i) {
    const TextField& field = kAsked[i];
    if (i == kWho) made.who = lines.size();
    if (field.asked == &Asked::query) {
      append_line(field.name, without_secrets(asked.query, room), kMaxRecordedQuery, lines);
    } else {
      append_line(field.name, asked.*field.asked, kMaxRecordedPath, lines);
    }
  }
  lines.flush();
  return made;
}

void append_head(std::string_view asked, const Answered& answered, std::string& text) {
  Lines lines(text);
  lines.add(asked, "at "sv, Digits(answered.at.value), "\n"sv);
  append_line(kInteraction.name, answered.interaction, kMaxRecordedPath, lines);
  append_line(kPurposes.name, answered.purposes, kMaxRecordedPath, lines);
  if (answered.status != 0) lines.add("status "sv, Digits(answered.status), "\n"sv);
  lines.flush();
}

std::string head_text(const Record& record) {
  std::string text;
  append_head(asked_text(asked_of(record)).text, {record.at, record.interaction, record.purposes, record.status}, text);
  return text;
}

void append_touched(Touched::How how, std::string_view type, std::string_view id, VersionId version,
                    std::string_view purposes, std::string& text) {
  const char letter = static_cast<char>(how);
  const std::string_view space = purposes.empty() ? "" : " ";
  Lines lines(text);
  lines.add(std::string_view(&letter, 1), " "sv, type, "/"sv, id, "/"sv, Digits(version.value), space, purposes,
            "\n"sv);
  lines.flush();
}

void append_like_the_last(std::string_view id, std::string& text) {
  text.push_back(' ');
  text.append(id).push_back('\n');
}

void append_named(std::string_view patient, std::string& text) {
  text.append("N ").append(patient).push_back('\n');
}

void append_entry(int status, std::string_view method, std::string_view target, std::string& text) {
  std::string value = std::to_string(status), room;
  value.append(" ").append(method).append(" ").append(without_secrets(target, room));
  Lines lines(text);
  append_line("E", value, kMaxRecordedPath + kMaxRecordedQuery, lines);
  lines.flush();
}

Result<Record> parse_record(std::string_view text) {
  return read_record(text, nullptr);
}

void append_record(std::string_view record, std::size_t who, std::string& known, std::string& entry) {
  const bool is_first = entry.empty();
  if (!is_first) entry.push_back('\n');
  if (!is_first && who > 0 && record.substr(0, who) == known) {
    entry.append(kSameWho);
    record.remove_prefix(who);
  } else {
    known = record.substr(0, who);
  }
  entry.append(record);
}

Result<std::vector<Record>> parse_records(std::string_view entry) {
  std::vector<Record> records;
  while (true) {
    const std::size_t end = entry.find("\n\n");
    VESTA_TRY(Record record, read_record(entry.substr(0, end == std::string_view::npos ? end : end + 1),
                                         records.empty() ? nullptr : &records.back()));
    records.push_back(std::move(record));
    if (end == std::string_view::npos) return records;
    entry.remove_prefix(end + 2);
  }
}

}  // namespace vesta::audit
