// The worker loop of ThreadPool.
#include "base/thread_pool.h"

#include <pthread.h>

#include <limits>
#include <utility>

#include "base/check.h"

namespace vesta {

void set_thread_name(const std::string& name) {
  constexpr std::size_t kMaxName = 15;  // the kernel's, without the NUL
  pthread_setname_np(pthread_self(), name.substr(0, kMaxName).c_str());
}

ThreadPool::ThreadPool(const std::string& name, std::size_t threads, std::size_t max_queued)
    : max_queued_(max_queued), sleepers_(threads) {
  CHECK(threads > 0);
  MutexLock lock(join_mutex_);
  threads_.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this, &self = sleepers_[i], thread_name = name + "-" + std::to_string(i)] {
      set_thread_name(thread_name);
      run(self);
    });
  }
}

ThreadPool::~ThreadPool() {
  stop();
}

ThreadPool::Sleeper* ThreadPool::call_one() {
  if (is_waking_ || idle_.empty()) return nullptr;
  Sleeper* sleeper = idle_.back();
  idle_.pop_back();
  sleeper->is_called = true;
  is_waking_ = true;
  return sleeper;
}

bool ThreadPool::try_submit(Task&& task) {
  return submit(std::move(task), max_queued_);
}

bool ThreadPool::submit_next_part(Task&& task) {
  return submit(std::move(task), std::numeric_limits<std::size_t>::max());
}

bool ThreadPool::submit(Task&& task, std::size_t max_queued) {
  Sleeper* called;
  {
    MutexLock lock(mutex_);
    if (stopped_ || queue_.size() >= max_queued) return false;
    queue_.push_back(std::move(task));
    called = call_one();
  }
  if (called != nullptr) called->wake.notify_one();
  return true;
}

void ThreadPool::stop() {
  {
    MutexLock lock(mutex_);
    stopped_ = true;
    for (Sleeper* sleeper : idle_) {
      sleeper->is_called = true;
      sleeper->wake.notify_one();
    }
    idle_.clear();
  }
  MutexLock lock(join_mutex_);
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

std::size_t ThreadPool::queued() const {
  MutexLock lock(mutex_);
  return queue_.size();
}

void ThreadPool::run(Sleeper& self) {
  while (true) {
    Task task;
    Sleeper* called = nullptr;
    {
      MutexLock lock(mutex_);
      if (queue_.empty() && !stopped_) {
        idle_.push_back(&self);
        while (!self.is_called) self.wake.wait(mutex_);
        self.is_called = false;
        is_waking_ = false;
      }
      if (queue_.empty()) {
        if (stopped_) return;
        continue;  // others were faster
      }
      task = std::move(queue_.front());
      queue_.pop_front();
      if (!queue_.empty()) called = call_one();
    }
    if (called != nullptr) called->wake.notify_one();
    task();
  }
}

}  // namespace vesta
