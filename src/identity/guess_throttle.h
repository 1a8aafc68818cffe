// GuessThrottle: slows down who guesses passwords, without a way to keep others from signing in.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/mutex.h"
#include "identity/bounded_table.h"

namespace vesta::identity {

inline constexpr std::uint32_t kFreeGuesses = 5;          // of one account from one address, or on one device
inline constexpr std::uint32_t kFreeAddressGuesses = 50;  // from one address: many people may share it
inline constexpr std::chrono::seconds kFirstGuessDelay{1};
inline constexpr std::chrono::minutes kMaxGuessDelay{15};
inline constexpr std::chrono::hours kGuessMemory{24};      // without a further guess
inline constexpr std::size_t kMaxGuessCounters = 100'000;  // of each kind; about 20 MB when full

// One try to sign in with a password.
struct SignInAttempt {
  std::string account;  // as it was typed: it need not exist
  std::string address;  // of the connection
  // Who has signed in to this account before keeps a secret that says so; its id, once it was verified, and only while
  // what they signed in with is in force: else they keep as many as they like. Empty: none.
  std::string device;
};

// After a number of wrong guesses each further one must wait, twice as long each time. What is counted:
// - on a device that is known to the account: that device's guesses alone, so that nobody else can slow it down;
// - elsewhere: those from this address for this account, and all from this address.
// An account has no counter of its own: whoever knows a name could lock its owner out by it.
// Counters are in the memory of this process, the oldest is forgotten when there are too many. Thread-safe.
class GuessThrottle {
 public:
  // `clock` must outlive it.
  explicit GuessThrottle(Clock& clock, std::size_t max_counters = kMaxGuessCounters);

  // nullopt: try the password. It counts as a wrong guess from now on, so that many at the same time are not free; say
  // so if it was none. Otherwise: how long to wait; it was not counted.
  std::optional<std::chrono::nanoseconds> begin(const SignInAttempt& attempt);
  // The password was right: its counter is forgotten; of the address's this one guess, so that an own account does not
  // make guesses on others free.
  void succeeded(const SignInAttempt& attempt);
  // No password was tried, for instance because the server was busy.
  void abandoned(const SignInAttempt& attempt);

  std::size_t counters();

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Counter {
    std::uint32_t guesses = 0;
    Time free_at;
    Time last;
  };
  using Table = BoundedTable<Counter>;

  static Counter* find(Table& table, const std::string& key, Time now);
  static void count(Table& table, const std::string& key, std::uint32_t free_guesses, Time now);
  static void take_back(Table& table, const std::string& key, Time now);

  Clock& clock_;
  Mutex mutex_;
  Table accounts_ GUARDED_BY(mutex_);
  Table addresses_ GUARDED_BY(mutex_);
};

// What is counted as one address: all of IPv4, the first 64 bits of IPv6, which one customer has whole.
// A text that is no address is one by itself.
std::string address_group(std::string_view address);

}  // namespace vesta::identity
