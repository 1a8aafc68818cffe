// The worker loop of ThreadPool.
#include "base/thread_pool.h"

#include <pthread.h>

#include <utility>

#include "base/check.h"

namespace vesta {

void set_thread_name(const std::string& name) {
  constexpr std::size_t kMaxName = 15;  // the kernel's, without the NUL
  pthread_setname_np(pthread_self(), name.substr(0, kMaxName).c_str());
}

ThreadPool::ThreadPool(std::string name, std::size_t threads, std::size_t max_queued) : max_queued_(max_queued) {
  CHECK(threads > 0);
  MutexLock lock(join_mutex_);
  threads_.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this, thread_name = name + "-" + std::to_string(i)] {
      set_thread_name(thread_name);
      run();
    });
  }
}

ThreadPool::~ThreadPool() {
  stop();
}

bool ThreadPool::try_submit(Task&& task) {
  bool wake;
  {
    MutexLock lock(mutex_);
    if (stopped_ || queue_.size() >= max_queued_) return false;
    queue_.push_back(std::move(task));
    wake = idle_ > 0;
  }
  if (wake) wake_.notify_one();
  return true;
}

void ThreadPool::stop() {
  {
    MutexLock lock(mutex_);
    stopped_ = true;
  }
  wake_.notify_all();
  MutexLock lock(join_mutex_);
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

std::size_t ThreadPool::queued() const {
  MutexLock lock(mutex_);
  return queue_.size();
}

void ThreadPool::run() {
  while (true) {
    Task task;
    {
      MutexLock lock(mutex_);
      while (queue_.empty()) {
        if (stopped_) return;
        ++idle_;
        wake_.wait(mutex_);
        --idle_;
      }
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    task();
  }
}

}  // namespace vesta
