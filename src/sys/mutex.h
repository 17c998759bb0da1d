// Mutex, MutexLock, Condition: the standard's with the annotations that clang's -Wthread-safety checks, which those of
// libstdc++ lack. GUARDED_BY says which mutex a member belongs to, REQUIRES which one a function wants to be held,
// EXCLUDES which one it takes itself.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

#if defined(__clang__)
#define BR_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define BR_THREAD_ANNOTATION(x)
#endif
#define CAPABILITY(x) BR_THREAD_ANNOTATION(capability(x))
#define SCOPED_CAPABILITY BR_THREAD_ANNOTATION(scoped_lockable)
#define GUARDED_BY(x) BR_THREAD_ANNOTATION(guarded_by(x))
#define REQUIRES(...) BR_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define ACQUIRE(...) BR_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define RELEASE(...) BR_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
#define EXCLUDES(...) BR_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))

namespace br {

class CAPABILITY("mutex") Mutex {
 public:
  void lock() ACQUIRE() { mutex_.lock(); }
  void unlock() RELEASE() { mutex_.unlock(); }

 private:
  friend class MutexLock;
  std::mutex mutex_;
};

class SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex* mutex) ACQUIRE(mutex) : lock_(mutex->mutex_) {}
  ~MutexLock() RELEASE() = default;
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;
  // For a stretch of work that must not hold it.
  void unlock() RELEASE() { lock_.unlock(); }
  void lock() ACQUIRE() { lock_.lock(); }

 private:
  friend class Condition;
  std::unique_lock<std::mutex> lock_;
};

// Whoever waits looks again after each return: there are spurious ones.
class Condition {
 public:
  void wait(MutexLock* lock) { condition_.wait(lock->lock_); }
  void wait_for(MutexLock* lock, std::int64_t ms) { condition_.wait_for(lock->lock_, std::chrono::milliseconds(ms)); }
  void notify_all() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace br
