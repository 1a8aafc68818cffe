// Tests of ThreadPool, Mutex and CondVar.
#include "base/thread_pool.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <latch>

namespace vesta {
namespace {

TEST(ThreadPoolTest, RunsEverythingBeforeItStops) {
  std::atomic<int> ran{0};
  ThreadPool pool("pool", 3, 1000);
  for (int i = 0; i < 1000; ++i) {
    while (!pool.try_submit([&] { ++ran; })) std::this_thread::yield();
  }
  pool.stop();
  EXPECT_EQ(ran, 1000);
  EXPECT_FALSE(pool.try_submit([] {}));
  pool.stop();
}

TEST(ThreadPoolTest, QueueIsBounded) {
  std::latch begun(1);
  std::latch release(1);
  std::atomic<int> ran{0};
  ThreadPool pool("pool", 1, 2);
  ASSERT_TRUE(pool.try_submit([&] {
    begun.count_down();
    release.wait();
  }));
  begun.wait();
  EXPECT_TRUE(pool.try_submit([&] { ++ran; }));
  EXPECT_TRUE(pool.try_submit([&] { ++ran; }));
  EXPECT_EQ(pool.queued(), 2u);
  ThreadPool::Task refused = [&] { ran += 10; };
  EXPECT_FALSE(pool.try_submit(std::move(refused)));
  EXPECT_TRUE(refused);  // still the caller's
  release.count_down();
  pool.stop();
  EXPECT_EQ(ran, 2);
}

TEST(ThreadPoolTest, TasksThatBlockCallUpAllThreads) {
  constexpr int kThreads = 8;
  for (int round = 0; round < 50; ++round) {
    std::latch all_are_running(kThreads);  // before the pool: its threads look at it until they are joined
    ThreadPool pool("pool", kThreads, kThreads);
    for (int i = 0; i < kThreads; ++i) ASSERT_TRUE(pool.try_submit([&] { all_are_running.arrive_and_wait(); }));
    all_are_running.wait();  // hangs if a thread sleeps though there is a task
  }
}

TEST(ThreadPoolTest, TheQueueIsNeverTooFullForANextPart) {
  std::latch go_on(1);
  std::atomic<int> done{0};
  ThreadPool pool("pool", 1, 1);
  const auto wait = [&] {
    go_on.wait();
    ++done;
  };
  ASSERT_TRUE(pool.try_submit(wait));
  while (pool.queued() > 0) std::this_thread::yield();
  ASSERT_TRUE(pool.try_submit(wait));
  EXPECT_FALSE(pool.try_submit(wait));
  EXPECT_TRUE(pool.submit_next_part(wait));
  EXPECT_TRUE(pool.submit_next_part(wait));
  go_on.count_down();
  pool.stop();
  EXPECT_EQ(done, 4);
  EXPECT_FALSE(pool.submit_next_part(wait));
}

TEST(ThreadPoolTest, ThreadsHaveNames) {
  std::string name(16, '\0');
  {
    ThreadPool pool("a-rather-long-name", 1, 1);
    ASSERT_TRUE(pool.try_submit([&] { pthread_getname_np(pthread_self(), name.data(), name.size()); }));
  }
  EXPECT_STREQ(name.c_str(), "a-rather-long-n");
}

TEST(CondVarTest, WaitEndsAtItsDeadlineOrByNotice) {
  Mutex mutex;
  CondVar changed;
  bool done = false;
  {
    MutexLock lock(mutex);
    while (changed.wait_until(mutex, std::chrono::steady_clock::now())) {
    }
  }
  std::thread other([&] {
    MutexLock lock(mutex);
    done = true;
    changed.notify_all();
  });
  {
    MutexLock lock(mutex);
    while (!done) changed.wait(mutex);
  }
  other.join();
  EXPECT_TRUE(done);
}

}  // namespace
}  // namespace vesta
