// Record: what the audit log keeps of a request. The form of its text: docs/formats/audit-record.md.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"

namespace vesta::audit {

inline constexpr std::size_t kMaxRecordedPath = 1024;       // bytes; every path that leads anywhere is shorter
inline constexpr std::size_t kMaxRecordedQuery = 8 * 1024;  // bytes; what is longer is cut
inline constexpr std::size_t kMaxTouchedBytes = 32 << 10;   // of one record; what is more goes into further ones
// The longest line, an entry's with each byte encoded, is shorter: so each record has a whole one.
static_assert(3 * (kMaxRecordedPath + kMaxRecordedQuery) + 1024 < kMaxTouchedBytes);
inline constexpr std::size_t kMaxTouchedLines = 2'730;  // of one record: its AuditEvent has an index value for each
// Behind a line of what was touched: so many that have but another id. A part of the lines that fits into a record then
// always ends before a whole one.
inline constexpr std::size_t kMaxLikeTheLast = 128;
static_assert(kMaxLikeTheLast * 128 <= kMaxTouchedBytes / 2 && kMaxLikeTheLast < kMaxTouchedLines);  // ids: 64 bytes

// Of what opens, changes or ends emergency access. http://terminology.hl7.org/CodeSystem/v3-ActReason
// Other purposes are those of the rules of policies.
inline constexpr std::string_view kBreakTheGlass = "BTG";

// A resource that a request has seen or written, in the version that it saw or made.
struct Touched {
  enum class How : char { read = 'R', create = 'C', update = 'U', remove = 'D' };
  How how = How::read;
  std::string type;
  std::string id;
  VersionId version;
  std::string purposes = {};  // of the rules that granted it, and of an emergency: a list (access/purposes.h)
  bool operator==(const Touched&) const = default;
};

// An entry of a batch: what it asked, below the base and with its query, and how it was answered by itself.
struct Entry {
  int status = 0;
  std::string method;
  std::string target;
  bool operator==(const Entry&) const = default;
};

// Texts are empty where nothing is known.
struct Record {
  Instant at = {};
  std::string request = {};  // its id
  std::string client = {};   // of the token: ids of Client and User, and what the user is: "Practitioner/1"
  std::string user = {};
  std::string fhir_user = {};
  std::string patient = {};  // id of the patient in context
  std::string address = {};  // where it came from
  std::string server = {};   // whom it asked: the base URL
  std::string method = {};
  std::string path = {};
  std::string query = {};        // percent-encoded, of the URL and of a form
  std::string interaction = {};  // empty in a record that stands with its commit, which is made before the answer
                                 // is, unless it is a command's
  std::string purposes = {};     // of the rules that could have granted what was asked: a list
  std::string purpose = {};      // in records from before there were lists: of a commit that opened emergency access
  int status = 0;                // of the answer; 0 in a record that stands with its commit
  std::vector<std::string> named = {};  // ids of patients, by searches that were answered
  std::vector<Touched> touched = {};
  std::vector<Entry> entries = {};
  bool operator==(const Record&) const = default;
};

// Who asked what, which all records of a request have in common: the fields of Record of these names, of texts that
// others own.
struct Asked {
  std::string_view request = {};
  std::string_view client = {};
  std::string_view user = {};
  std::string_view fhir_user = {};
  std::string_view patient = {};
  std::string_view address = {};
  std::string_view server = {};
  std::string_view method = {};
  std::string_view path = {};
  std::string_view query = {};
  std::string_view purpose = {};
};
Asked asked_of(const Record& record);

// Texts of records, one behind the other.
struct Records {
  std::string text;
  std::vector<std::size_t> ends;
  std::size_t who = 0;  // bytes that each begins with: AskedText::who

  std::string_view at(std::size_t i) const {
    const std::size_t begin = i == 0 ? 0 : ends[i - 1];
    return std::string_view(text).substr(begin, ends[i] - begin);
  }
  void clear() {
    text.clear();
    ends.clear();
  }
};

// Its lines. Bytes that would end a line are percent-encoded. The first `who` bytes say who asked whom: client, user,
// fhir-user, patient, address and server.
struct AskedText {
  std::string text;
  std::size_t who = 0;
};
AskedText asked_text(const Asked& asked);
// With when, and how it was answered: everything but what was touched or named, and entries.
struct Answered {
  Instant at = {};
  std::string_view interaction = {};
  std::string_view purposes = {};
  int status = 0;
};
void append_head(std::string_view asked, const Answered& answered, std::string& text);
std::string head_text(const Record& record);
void append_touched(Touched::How how, std::string_view type, std::string_view id, VersionId version,
                    std::string_view purposes, std::string& text);
// Directly behind one of these, or another such line: the same with another id.
void append_like_the_last(std::string_view id, std::string& text);
void append_named(std::string_view patient, std::string& text);
void append_entry(int status, std::string_view method, std::string_view target, std::string& text);

// Errors (invalid): it is none.
Result<Record> parse_record(std::string_view text);

// An entry of the log holds one record or several, with an empty line between two of them. A longer record is alone.
// Two stand on a page of the embedded store.
inline constexpr std::size_t kUsualEntryBytes = 3900;
// `who`: so many bytes of the record say who asked; `known`: what the one before it in the entry has of that, and
// becomes this one's. Where they are the same the record says no more than that.
void append_record(std::string_view record, std::size_t who, std::string& known, std::string& entry);
// Errors (invalid): one of them is none.
Result<std::vector<Record>> parse_records(std::string_view entry);

}  // namespace vesta::audit
