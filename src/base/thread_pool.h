// A fixed set of named threads behind a bounded queue.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace vesta {

// Names the calling thread for debuggers and `top`; the kernel keeps the first 15 characters.
void set_thread_name(const std::string& name);

// Thread-safe. Tasks begin in the order in which they were submitted. A task that throws ends the process.
// OPTIMIZATION: many threads cost nothing while tasks are short. The thread that fell idle last is woken first, and
// only one is being woken at a time; it wakes the next if it finds more than it can take. So short tasks stay on few
// warm threads, and blocked ones still call up all. Before, at 50,000 tasks/s, 16 threads cost twice the CPU time of 2.
class ThreadPool {
 public:
  using Task = std::function<void()>;

  // Threads are named "<name>-<number>". At least one thread; `max_queued` counts tasks that no thread has begun.
  ThreadPool(const std::string& name, std::size_t threads, std::size_t max_queued);
  ~ThreadPool();  // as stop()
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // False: the queue is full, or the pool is stopped; the task was not taken and stays with the caller.
  [[nodiscard]] bool try_submit(Task&& task) EXCLUDES(mutex_);
  // For the next part of a task that was taken: it waits its turn like others, but the queue is never too full for it.
  // False: the pool is stopped.
  [[nodiscard]] bool submit_next_part(Task&& task) EXCLUDES(mutex_);
  // Runs what is queued, then joins the threads. May be called again; not from a task.
  void stop() EXCLUDES(mutex_);
  std::size_t queued() const EXCLUDES(mutex_);

 private:
  struct Sleeper {
    CondVar wake;
    bool is_called = false;  // guarded by mutex_
  };

  bool submit(Task&& task, std::size_t max_queued) EXCLUDES(mutex_);
  void run(Sleeper& self);
  // The thread to notify when the lock is released, or null.
  Sleeper* call_one() REQUIRES(mutex_);

  const std::size_t max_queued_;
  std::deque<Sleeper> sleepers_;  // one for each thread; here, so that a late notice finds them
  mutable Mutex mutex_;
  std::deque<Task> queue_ GUARDED_BY(mutex_);
  std::vector<Sleeper*> idle_ GUARDED_BY(mutex_);  // the last one slept least
  bool is_waking_ GUARDED_BY(mutex_) = false;      // one was called and has not come yet
  bool stopped_ GUARDED_BY(mutex_) = false;
  Mutex join_mutex_;
  std::vector<std::thread> threads_ GUARDED_BY(join_mutex_);
};

}  // namespace vesta
