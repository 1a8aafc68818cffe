// Notices: each emergency access is told in the order of the log, whatever fails or ends meanwhile.
#include "audit/notices.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "audit/projector.h"
#include "audit/record.h"
#include "audit/test_support.h"
#include "audit/trail.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "fhir/envelope.h"
#include "fhir/json.h"
#include "search/extract.h"
#include "store/memory/memory_store.h"

namespace vesta::audit {
namespace {

using How = Touched::How;
using std::chrono::seconds;
using testing::registry;
using testing::type;
using Strings = std::vector<std::string>;

// Stands still unless it is moved.
class SteppedClock final : public Clock {
 public:
  Instant now() override { return {1'767'225'600'000'000 + elapsed_.count() * 1'000'000}; }
  std::chrono::steady_clock::time_point monotonic() override { return std::chrono::steady_clock::time_point(elapsed_); }
  void move(seconds by) { elapsed_ += by; }

 private:
  seconds elapsed_{0};
};

struct Where {
  std::string address;
  std::string server;
};

class NoticesTest : public ::testing::Test {
 protected:
  NoticesTest() : store_(store::memory::open(registry())) {
    log::set_sink([this](std::string_view line) { lines_.emplace_back(line); });
  }
  ~NoticesTest() override { log::set_sink(nullptr); }

  // A process that begins.
  void start(const jobs::Lease* lease = nullptr) {
    notices_ = one(lease);
    ASSERT_TRUE(notices_->load().ok());
  }
  std::unique_ptr<Notices> one(const jobs::Lease* lease) {
    return std::make_unique<Notices>(
        *store_, registry(), clock_,
        [this](const AuditEvent& event) -> Status {
          ++tries_;
          if (!is_up_) return make_error(Category::unavailable, "refused");
          std::string id = testing::without_hash(event.id);
          if (std::ranges::find(refused_, id) != refused_.end()) return make_error(kNoticeRefused, "refused");
          told_.push_back(std::move(id));
          texts_.push_back(event.text);
          if (on_told_) on_told_();
          return kOk;
        },
        &metrics_, lease);
  }
  void steps() {
    while (notices_->step()) continue;
  }

  // A record of this, of the commit that writes the emergency accesses among it.
  // `before`: another record, in the same entry.
  void append(const std::vector<Touched>& touched, const Where& where = {}, const std::string& before = {}) {
    store::WriteSet set;
    set.generation = registry().generation();
    fhir::Arena arena;
    std::string record = head_text({.at = clock_.now(),
                                    .client = "app",
                                    .fhir_user = "Practitioner/7",
                                    .address = where.address,
                                    .server = where.server});
    for (const Touched& each : touched) {
      append_touched(each.how, each.type, each.id, each.version, each.purposes, record);
      if (each.type == "EmergencyAccess" && each.how != How::read) write(each, arena, set);
    }
    set.audit.push_back(before);
    std::string known;
    append_record(record, 0, known, set.audit.back());
    ASSERT_TRUE(store_->commit(set).ok());
  }
  void write(const Touched& touched, fhir::Arena& arena, store::WriteSet& set) {
    const std::string& text = *texts_of_resources_.emplace_back(std::make_unique<std::string>(
        R"({"resourceType":"EmergencyAccess","status":"active","patient":{"reference":"Patient/of-)" + touched.id +
        R"("},"actor":{"reference":"Practitioner/7"},"reason":"x"})"));
    const auto root = fhir::JsonReader(fhir::r4()).read(text, arena);
    ASSERT_TRUE(root.ok()) << root.error().message;
    store::Write write;
    write.type = type("EmergencyAccess");
    write.id = touched.id;
    write.expected = {touched.version.value - 1};
    fhir::write_tail(fhir::r4(), **root, write.tail);
    write.added = *search::extract(registry(), **root, arena);
    if (write.expected.value > 0) write.removed = write.added;
    set.writes.push_back(std::move(write));
  }
  void steps_at_each_try() {
    for (int tries = 0; tries < kMaxNoticeRefusals; ++tries) {
      steps();
      clock_.move(seconds(1 << tries));
    }
  }
  void append_opening(const std::string& id) { append({{How::create, "EmergencyAccess", id, {1}}}); }
  std::string kept() { return store_->property(kNoticesKey)->value_or("none"); }
  bool shows(const std::string& line) { return metrics_.render().find("\n" + line + "\n") != std::string::npos; }

  std::unique_ptr<store::Store> store_;
  Metrics metrics_;
  SteppedClock clock_;
  std::vector<std::unique_ptr<std::string>> texts_of_resources_;
  bool is_up_ = true;
  std::function<void()> on_told_;
  int tries_ = 0;
  Strings refused_, told_, texts_, lines_;
  std::unique_ptr<Notices> notices_;
};

TEST_F(NoticesTest, BeginAtTheEndOfTheLog) {
  append_opening("before");
  start();
  EXPECT_EQ(kept(), "1") << "at once, so that a crash does not move it";
  append_opening("a");
  start();
  steps();
  EXPECT_EQ(told_, Strings{"audit-2-1"});
  EXPECT_EQ(kept(), "2");
}

TEST_F(NoticesTest, OfSeveralNodesOneTells) {
  jobs::Node first(*store_, clock_, {"first", "1", "worker", "-", 0, {}});
  jobs::Node second(*store_, clock_, {"second", "1", "worker", "-", 0, {}});
  const jobs::Lease& of_first = first.lease("emergency-notices");
  const jobs::Lease& of_second = second.lease("emergency-notices");
  ASSERT_TRUE(first.join().ok());
  ASSERT_TRUE(second.join().ok());
  const auto other = one(&of_first);
  ASSERT_TRUE(other->load().ok());
  start(&of_second);
  append_opening("a");
  steps();
  EXPECT_EQ(told_, Strings());
  while (other->step()) continue;
  EXPECT_EQ(told_, Strings{"audit-1-1"});
  append_opening("b");
  // The first one is paused just before it tells, and the other takes over.
  on_told_ = [&] {
    on_told_ = nullptr;
    clock_.move(seconds(10));
    ASSERT_TRUE(second.step().ok());
    steps();
    EXPECT_EQ(told_, (Strings{"audit-1-1", "audit-2-1", "audit-2-1"})) << "nobody knows whether the first has told";
    EXPECT_EQ(kept(), "2");
    append_opening("c");
    steps();
  };
  while (other->step()) continue;
  EXPECT_EQ(kept(), "3") << "what was kept is not taken back";
  append_opening("d");
  while (other->step()) continue;
  EXPECT_EQ(told_.size(), 4U);
  steps();
  EXPECT_EQ(told_.back(), "audit-4-1");
}

TEST_F(NoticesTest, TellOfEmergencyAccessAloneAndInOrder) {
  start();
  append({{How::create, "Patient", "p", {1}}});
  append_opening("a");
  append({{How::read, "EmergencyAccess", "a", {1}}});
  append({{How::read, "EmergencyAccess", "a", {1}}, {How::update, "EmergencyAccess", "a", {2}}});
  append({{How::create, "Patient", "q", {1}}, {How::create, "EmergencyAccess", "b", {1}}});
  steps();
  EXPECT_EQ(told_, (Strings{"audit-2-1", "audit-4-1", "audit-5-1"})) << "not of the Patient in the same transaction";
  EXPECT_NE(texts_[2].find("EmergencyAccess/b/_history/1"), std::string::npos) << texts_[2];
  EXPECT_NE(texts_[2].find("Patient/of-b"), std::string::npos) << texts_[2];
  EXPECT_EQ(texts_[2].find("Patient/q"), std::string::npos) << texts_[2];
  steps();
  EXPECT_EQ(told_.size(), 3U) << "once";
  EXPECT_TRUE(shows("vesta_emergency_notices_total 3"));
}

// Nobody has made AuditEvents when they are told; those that are made later say the same, behind the heads that the
// store has given them.
TEST_F(NoticesTest, SayWhatTheAuditWillSay) {
  start();
  append_opening("a");
  append({{How::create, "EmergencyAccess", "b", {1}}}, {.address = "10.0.0.1", .server = "http://here/fhir"});
  steps();
  ASSERT_EQ(texts_.size(), 2U);
  EXPECT_NE(texts_[1].find(R"("meta":{"profile":[")"), std::string::npos) << texts_[1];
  Trail trail(*store_);
  Projector projector(*store_, registry(), trail);
  ASSERT_TRUE(projector.load().ok());
  while (*projector.step()) continue;
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    const std::string id = event_prefix(store_->audit(i, 1)->front()) + "1";
    const auto stored = store_->read(type("AuditEvent"), id);
    ASSERT_TRUE(stored.ok() && *stored);
    fhir::Arena arena;
    const auto told = fhir::JsonReader(fhir::r4()).read(texts_[i], arena);
    ASSERT_TRUE(told.ok()) << told.error().message;
    std::string tail;
    fhir::write_tail(fhir::r4(), **told, tail);
    EXPECT_EQ(tail, (*stored)->tail);
  }
}

TEST_F(NoticesTest, AreOfTheRecordsAloneThatWriteEmergencies) {
  start();
  const std::string look =
      head_text({.at = Instant{1}, .client = "c", .interaction = "read", .status = 200}) + "R EmergencyAccess/a/1\n";
  append({{How::create, "EmergencyAccess", "a", {1}}}, {}, look);
  steps();
  ASSERT_EQ(texts_.size(), 1U);
  EXPECT_NE(texts_[0].find(R"("action":"C")"), std::string::npos) << texts_[0];
  EXPECT_NE(told_[0], "audit-1-1") << "that is the look's";
}

TEST_F(NoticesTest, AreTriedAgainLaterAndLater) {
  start();
  is_up_ = false;
  append_opening("a");
  append_opening("b");
  steps();
  EXPECT_EQ(tries_, 1) << "in order: the second waits for the first";
  steps();
  EXPECT_EQ(tries_, 1) << "not before its time";
  for (const int wait : {1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300}) {
    const int before = tries_;
    clock_.move(seconds(wait - 1));
    steps();
    EXPECT_EQ(tries_, before) << wait;
    clock_.move(seconds(1));
    steps();
    EXPECT_EQ(tries_, before + 1) << wait;
  }
  EXPECT_TRUE(shows("vesta_emergency_notices_waiting 2"));
  EXPECT_TRUE(shows("vesta_emergency_notice_wait_seconds 1111"));
  EXPECT_TRUE(shows("vesta_emergency_notice_failures_total 12"));
  is_up_ = true;
  clock_.move(kLongestNoticeRetry);
  steps();
  EXPECT_EQ(told_, (Strings{"audit-1-1", "audit-2-1"}));
  EXPECT_TRUE(shows("vesta_emergency_notices_waiting 0") && shows("vesta_emergency_notice_wait_seconds 0"));
  is_up_ = false;
  append_opening("c");
  steps();
  clock_.move(kFirstNoticeRetry);
  steps();
  EXPECT_EQ(tries_, 16) << "the waits begin anew";
  ASSERT_EQ(lines_.size(), 3U) << "the first failure, the end of it, and the next one";
  EXPECT_NE(lines_[0].find("was not taken"), std::string::npos) << lines_[0];
  EXPECT_NE(lines_[1].find("are taken again"), std::string::npos) << lines_[1];
  for (const std::string& line : lines_) {
    EXPECT_NE(line.find(R"("level":"warning")"), std::string::npos) << line;
    EXPECT_EQ(line.find("Patient"), std::string::npos) << line;
  }
}

TEST_F(NoticesTest, PassOneThatIsRefusedAgainAndAgain) {
  start();
  refused_ = {"audit-1-1"};
  append_opening("a");
  append_opening("b");
  for (int wait = 1; wait < 1 << (kMaxNoticeRefusals - 1); wait *= 2) {
    steps();
    EXPECT_EQ(told_, Strings()) << wait;
    clock_.move(seconds(wait));
  }
  steps();
  EXPECT_EQ(told_, Strings{"audit-2-1"});
  EXPECT_EQ(kept(), "2 1/0");
  EXPECT_TRUE(shows("vesta_emergency_notices_waiting 1") && shows("vesta_emergency_notice_wait_seconds 15"));
  append_opening("c");
  steps();
  EXPECT_EQ(told_, (Strings{"audit-2-1", "audit-3-1"})) << "at once";
  start();
  EXPECT_TRUE(shows("vesta_emergency_notices_waiting 1"));
  const int before = tries_;
  steps();
  EXPECT_EQ(tries_, before + 1) << "by another process, too";
  EXPECT_EQ(kept(), "3 1/0");
  refused_.clear();
  clock_.move(kLongestNoticeRetry - seconds(1));
  steps();
  EXPECT_EQ(tries_, before + 1);
  clock_.move(seconds(1));
  steps();
  steps();
  EXPECT_EQ(told_, (Strings{"audit-2-1", "audit-3-1", "audit-1-1"}));
  EXPECT_EQ(kept(), "3");
  EXPECT_TRUE(shows("vesta_emergency_notices_waiting 0") && shows("vesta_emergency_notice_wait_seconds 0"));
  ASSERT_EQ(lines_.size(), 3U);
  EXPECT_NE(lines_[1].find("later ones go first"), std::string::npos) << lines_[1];
  EXPECT_NE(lines_[1].find(R"("id":"audit-1-)"), std::string::npos) << lines_[1];
  EXPECT_NE(lines_[2].find("are taken again"), std::string::npos) << lines_[2];
}

// Of one transaction too. Until all the others are told, the property is before all of it.
TEST_F(NoticesTest, PassOneWithinATransaction) {
  start();
  refused_ = {"audit-1-1"};
  append({{How::create, "EmergencyAccess", "a", {1}}, {How::create, "EmergencyAccess", "b", {1}}});
  on_told_ = [this] { notices_->stop(); };
  append_opening("c");
  steps_at_each_try();
  EXPECT_EQ(told_, Strings{"audit-1-2"});
  EXPECT_EQ(kept(), "1 1/0");
  on_told_ = nullptr;
  refused_ = {"audit-1-1", "audit-1-2"};
  store::WriteSet set;
  set.properties.emplace_back(kNoticesKey, "0");
  ASSERT_TRUE(store_->commit(set).ok());
  start();
  steps_at_each_try();
  EXPECT_EQ(kept(), "0") << "the second is not refused often enough";
  refused_ = {"audit-1-2"};
  clock_.move(kLongestNoticeRetry);
  steps();
  steps();
  EXPECT_EQ(told_, (Strings{"audit-1-2", "audit-1-1"}));
  refused_.clear();
  clock_.move(kLongestNoticeRetry);
  steps();
  EXPECT_EQ(told_, (Strings{"audit-1-2", "audit-1-1", "audit-1-2", "audit-2-1"}));
  EXPECT_EQ(kept(), "2");
}

// What refuses all is told in order when it takes them again, but for those that stepped aside meanwhile.
TEST_F(NoticesTest, PassNoMoreThanTheirLimit) {
  start();
  for (std::size_t i = 1; i <= kMaxRefusedNotices + 2; ++i) {
    append_opening("a" + std::to_string(i));
    refused_.push_back("audit-" + std::to_string(i) + "-1");
  }
  for (std::size_t i = 0; i < (kMaxRefusedNotices + 2) * kMaxNoticeRefusals; ++i) {
    steps();
    clock_.move(kLongestNoticeRetry);
  }
  EXPECT_EQ(kept().substr(0, kept().find(' ')), std::to_string(kMaxRefusedNotices));
  EXPECT_TRUE(shows("vesta_emergency_notices_waiting " + std::to_string(kMaxRefusedNotices + 2)));
  start();
  refused_.clear();
  for (std::size_t i = 0; i < kMaxRefusedNotices + 2; ++i) steps();
  EXPECT_EQ(told_.size(), kMaxRefusedNotices + 2);
  EXPECT_EQ(kept(), std::to_string(kMaxRefusedNotices + 2));
}

TEST_F(NoticesTest, GoOnWhereAnEarlierProcessWas) {
  start();
  append_opening("a");
  append_opening("b");
  on_told_ = [this] { is_up_ = false; };
  steps();
  EXPECT_EQ(told_, Strings{"audit-1-1"});
  EXPECT_EQ(kept(), "1");
  append({{How::read, "Patient", "p", {1}}});
  append_opening("c");
  start();
  steps();
  EXPECT_EQ(told_.size(), 1U);
  is_up_ = true;
  on_told_ = nullptr;
  start();
  steps();
  EXPECT_EQ(told_, (Strings{"audit-1-1", "audit-2-1", "audit-4-1"}));
  EXPECT_EQ(kept(), "4");
}

// A crash between the telling and the keeping: what was told comes again, and nothing is left out.
TEST_F(NoticesTest, ComeAgainRatherThanNever) {
  start();
  append_opening("a");
  append_opening("b");
  steps();
  store::WriteSet set;
  set.properties.emplace_back(kNoticesKey, "1");
  ASSERT_TRUE(store_->commit(set).ok());
  start();
  steps();
  EXPECT_EQ(told_, (Strings{"audit-1-1", "audit-2-1", "audit-2-1"})) << "by the same id";
  for (const char* const damaged : {"one", "2 ", "2 1", "2 1/", "2 1/x", "2 0/0", "2 3/0", "2 1/0x", "2  1/0"}) {
    set.properties.back().second = damaged;
    ASSERT_TRUE(store_->commit(set).ok());
    EXPECT_FALSE(notices_->load().ok()) << damaged;
  }
}

// What the process remembers does not grow with what waits.
TEST_F(NoticesTest, WaitInTheLog) {
  start();
  is_up_ = false;
  store::WriteSet set;
  for (std::size_t i = 0; i < kMaxWaitingNotices + 2; ++i) {
    set.audit.push_back(head_text({.at = clock_.now(), .client = "c"}) + "C EmergencyAccess/a/1\n");
  }
  ASSERT_TRUE(store_->commit(set).ok());
  steps();
  EXPECT_TRUE(shows("vesta_emergency_notices_waiting " + std::to_string(kMaxWaitingNotices)));
  EXPECT_EQ(kept(), "0");
}

TEST_F(NoticesTest, KeepHowFarTheyHaveLookedFromTimeToTime) {
  start();
  store::WriteSet set;
  const std::string read = head_text({.at = clock_.now(), .client = "c"}) + "R Patient/p/1\n";
  set.audit.assign(kMaxLookedAgain - 1, read);
  ASSERT_TRUE(store_->commit(set).ok());
  steps();
  EXPECT_EQ(kept(), "0");
  set.audit.assign(1, read);
  ASSERT_TRUE(store_->commit(set).ok());
  steps();
  EXPECT_EQ(kept(), std::to_string(kMaxLookedAgain));
}

// At most the exchange at hand is waited for, however many a transaction has left.
TEST_F(NoticesTest, StopWithinATransaction) {
  start();
  append({{How::create, "EmergencyAccess", "a", {1}}, {How::create, "EmergencyAccess", "b", {1}}});
  on_told_ = [this] { notices_->stop(); };
  steps();
  EXPECT_EQ(told_, Strings{"audit-1-1"});
  EXPECT_EQ(kept(), "0");
  on_told_ = nullptr;
  start();
  steps();
  EXPECT_EQ(told_, (Strings{"audit-1-1", "audit-1-1", "audit-1-2"})) << "rather twice than never";
  EXPECT_EQ(kept(), "1");
}

TEST_F(NoticesTest, StopWhileTheyWait) {
  is_up_ = false;
  append({{How::read, "Patient", "p", {1}}});
  start();
  append_opening("a");
  notices_->start();
  notices_->stop();
  EXPECT_LE(tries_, 1);
  EXPECT_EQ(kept(), "1");
  is_up_ = true;
  start();
  steps();
  EXPECT_EQ(told_, Strings{"audit-2-1"});
}

}  // namespace
}  // namespace vesta::audit
