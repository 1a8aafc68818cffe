// The lock's life: it ends with its Store, whatever other processes were started meanwhile.
#include "store/sqlite/lock_file.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "store/contract_test_support.h"
#include "store/sqlite/test_support.h"

namespace vesta::store::sqlite {
namespace {

using store::test::FakeClock;

// A child that inherits every descriptor, and ends with its object.
class Child {
 public:
  Child() {
    int ends[2];
    CHECK(::pipe(ends) == 0);
    id_ = ::fork();
    CHECK(id_ >= 0);
    if (id_ == 0) {
      ::close(ends[1]);
      char byte;
      while (::read(ends[0], &byte, 1) < 0) {  // until the parent closes its end
      }
      ::_exit(0);
    }
    ::close(ends[0]);
    end_ = ends[1];
  }
  ~Child() {
    ::close(end_);
    ::waitpid(id_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

 private:
  pid_t id_ = -1;
  int end_ = -1;
};

class LockFileTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<Store>> open() {
    return sqlite::open({.directory = folder_.path(), .registry = &store::test::registry(), .clock = &clock_});
  }
  // Opens, commits, closes.
  void use_once(int number) {
    auto store = open();
    ASSERT_TRUE(store.ok()) << store.error().message << ", at opening " << number;
    WriteSet set;
    set.writes.push_back(store::test::make_put("Patient", std::to_string(number), 0, "}}", {}, {}));
    ASSERT_TRUE((*store)->commit(set).ok());
  }

  FakeClock clock_;
  sqlite::test::TemporaryFolder folder_;
};

TEST_F(LockFileTest, IsFreeAsSoonAsTheStoreIsClosed) {
  for (int i = 0; i < 50; ++i) ASSERT_NO_FATAL_FAILURE(use_once(i));
}

TEST_F(LockFileTest, IsNotKeptByAChildThatInheritedIt) {
  auto store = open();
  ASSERT_TRUE(store.ok());
  const Child child;
  store->reset();
  EXPECT_NO_FATAL_FAILURE(use_once(1));
}

// Between its fork and its exec every new process has a copy of all descriptors, close-on-exec or not.
TEST_F(LockFileTest, IsNotKeptByProcessesThatOtherThreadsStart) {
  std::atomic<bool> done = false;
  std::thread starter([&] {
    while (!done) ASSERT_EQ(std::system("exit 0"), 0);
  });
  for (int i = 0; i < 50 && !HasFatalFailure(); ++i) use_once(i);
  done = true;
  starter.join();
}

TEST_F(LockFileTest, SaysWhoHoldsIt) {
  const std::string path = folder_.path() + "/vesta.lock";
  auto lock = LockFile::acquire(path);
  ASSERT_TRUE(lock.ok());
  const auto second = LockFile::acquire(path);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().category, Category::unavailable);
  EXPECT_NE(second.error().message.find("in use by process " + std::to_string(::getpid())), std::string::npos)
      << second.error().message;
  lock->reset();
  EXPECT_TRUE(LockFile::acquire(path).ok());
}

TEST_F(LockFileTest, IsNotReleasedByTheCopyOfAChild) {
  const std::string path = folder_.path() + "/vesta.lock";
  auto lock = LockFile::acquire(path);
  ASSERT_TRUE(lock.ok());
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    lock->reset();
    ::_exit(0);
  }
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_FALSE(LockFile::acquire(path).ok());
}

TEST_F(LockFileTest, TellsALockFromAFileThatCannotBeMade) {
  const auto none = LockFile::acquire(folder_.path() + "/missing/vesta.lock");
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().message.find("in use"), std::string::npos) << none.error().message;
}

}  // namespace
}  // namespace vesta::store::sqlite
