// From what a request sees and writes to its records.
#include "audit/request_audit.h"

#include <cstddef>
#include <utility>

#include "access/records.h"
#include "base/check.h"

namespace vesta::audit {
namespace {

constexpr std::size_t kUsualSeen = 768;                      // bytes, of a page
constexpr std::size_t kMaxKeptBytes = 4 * kMaxTouchedBytes;  // by a thread

// Of what one record has of it, which ends before a whole line.
std::size_t size_of_part(std::string_view touched) {
  constexpr std::size_t kShortestLine = 3;  // " a", behind another one
  if (touched.size() <= kShortestLine * kMaxTouchedLines) return touched.size();
  std::size_t size = 0, end = 0;
  for (std::size_t lines = 0; lines < kMaxTouchedLines && end < touched.size(); ++lines) {
    end = touched.find('\n', end) + 1;
    if (end > kMaxTouchedBytes) break;
    if (end == touched.size() || touched[end] != ' ') size = end;
  }
  CHECK(size > 0);
  return size;
}

}  // namespace

void RequestAudit::asked_for(std::string_view purposes) {
  if (purposes.empty() || purposes == list_of_purposes_) return;
  access::add_codes(purposes, purposes_);
  list_of_purposes_ = access::list_of(purposes_);
}

// Each once, however many pieces of an answer ask for them.
void RequestAudit::named(std::span<const std::string_view> patients) {
  last_.like_it = 0;
  if (seen_.empty()) seen_.reserve(kUsualSeen);
  for (const std::string_view patient : patients) {
    if (named_.emplace(patient).second) append_named(patient, seen_);
  }
}

void RequestAudit::saw(const store::Version& version, std::string_view purposes) {
  const bool is_like_last =
      last_.like_it > 0 && version.type == last_.type && version.version == last_.version && purposes == last_.purposes;
  if (is_like_last && std::string_view(seen_).substr(last_.id_begin, last_.id_size) == version.id) {
    return;  // looked at twice in a row, as a history does
  }
  const std::size_t before = seen_.size();
  if (before == 0) seen_.reserve(kUsualSeen);
  if (is_like_last && last_.like_it <= kMaxLikeTheLast) {
    append_like_the_last(version.id, seen_);
    ++last_.like_it;
    last_.id_begin = before + 1;
  } else {
    const std::string_view type = definitions_.type(version.type).name;
    append_touched(Touched::How::read, type, version.id, version.version, purposes, seen_);
    last_.like_it = 1;
    last_.type = version.type;
    last_.version = version.version;
    last_.purposes = purposes;
    last_.id_begin = before + sizeof("R ") - 1 + type.size() + 1;
  }
  last_.id_size = version.id.size();
}

// Once for a request: what was done before it was done before its first look.
Status RequestAudit::await() {
  if (has_waited_) return kOk;
  VESTA_CHECK_OK(projector_->catch_up());
  has_waited_ = true;
  return kOk;
}

void RequestAudit::answered_entry(std::string_view method, std::string_view target, int status) {
  last_.like_it = 0;
  append_entry(status, method, target, seen_);
}

std::string RequestAudit::take_seen() {
  last_.like_it = 0;
  return std::exchange(seen_, {});
}

// One at least, and as many as what was touched needs: each with all of the head.
void RequestAudit::add_records(std::string_view touched, Records& records) const {
  records.who = asked_.who;
  const Answered answered{clock_.now(), interaction_, list_of_purposes_, status_};
  while (true) {
    const std::size_t size = size_of_part(touched);
    append_head(asked_.text, answered, records.text);
    records.text.append(touched.substr(0, size));
    records.ends.push_back(records.text.size());
    touched.remove_prefix(size);
    if (touched.empty()) return;
  }
}

Status RequestAudit::append_seen() {
  thread_local Records records;  // OPTIMIZATION: with each request; it keeps its memory
  records.clear();
  add_records(take_seen(), records);
  Status appended = trail_.append(records);
  if (records.text.capacity() > kMaxKeptBytes) records = {};
  return appended;
}

// A commit happens at the versions that are expected, or not at all: so what it makes is known before.
void RequestAudit::will_commit(store::WriteSet& writes, std::span<const std::string> purposes) {
  using Kind = store::Write::Kind;
  std::string touched = seen_;
  for (std::size_t i = 0; i < writes.writes.size(); ++i) {
    const store::Write& write = writes.writes[i];
    if (write.kind == Kind::index) continue;
    const bool is_first = write.expected.value == 0;
    const Touched::How how = write.kind == Kind::remove ? Touched::How::remove
                             : is_first                 ? Touched::How::create
                                                        : Touched::How::update;
    const std::string_view type = definitions_.type(write.type).name;
    access::PurposeCodes codes;
    access::add_codes(purposes[i], codes);
    if (type == access::kEmergencyAccess) codes.emplace(kBreakTheGlass);
    append_touched(how, type, write.id, {write.expected.value + 1}, access::list_of(codes), touched);
  }
  Records records;
  add_records(touched, records);
  for (std::size_t i = 0; i < records.ends.size(); ++i) writes.audit.emplace_back(records.at(i));
}

void RequestAudit::committed() {
  take_seen();
  is_recorded_ = true;
}

Status RequestAudit::answered(std::string_view interaction, int status) {
  constexpr int kFirstRefusal = 400;
  interaction_ = interaction;
  status_ = status;
  if (is_recorded_ && seen_.empty() && status < kFirstRefusal) return kOk;
  return append_seen();
}

Status RequestAudit::made_more() {
  if (seen_.empty()) return kOk;
  return append_seen();
}

}  // namespace vesta::audit
