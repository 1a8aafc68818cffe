// Counting guesses and what each costs.
#include "identity/guess_throttle.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>

#include "base/check.h"
#include "identity/digest.h"

namespace vesta::identity {
namespace {

constexpr std::size_t kCounterKeyBytes = 15;  // of a digest: short enough to need no memory of its own

// Of bounded size, whatever was typed as a name.
std::string key_of_account(const SignInAttempt& attempt) {
  const bool is_known = !attempt.device.empty();
  const std::string place = is_known ? "d" + attempt.device : "a" + address_group(attempt.address);
  return sha256(sha256(attempt.account) + place).substr(0, kCounterKeyBytes);
}

std::string key_of_address(const SignInAttempt& attempt) {
  return sha256(address_group(attempt.address)).substr(0, kCounterKeyBytes);
}

std::chrono::seconds delay_after(std::uint32_t guesses, std::uint32_t free_guesses) {
  if (guesses < free_guesses) return {};
  constexpr std::chrono::seconds kMost = kMaxGuessDelay;
  std::chrono::seconds delay = kFirstGuessDelay;
  for (std::uint32_t i = free_guesses; i < guesses && delay < kMost; ++i) delay *= 2;
  return std::min(delay, kMost);
}

}  // namespace

GuessThrottle::GuessThrottle(Clock& clock, std::size_t max_counters)
    : clock_(clock), accounts_(max_counters), addresses_(max_counters) {}

std::optional<std::chrono::nanoseconds> GuessThrottle::begin(const SignInAttempt& attempt) {
  const std::string account = key_of_account(attempt);
  const std::string address = key_of_address(attempt);
  const bool counts_address = attempt.device.empty();
  const Time now = clock_.monotonic();
  MutexLock lock(mutex_);
  Time free_at = now;
  if (const Counter* const found = find(accounts_, account, now)) free_at = std::max(free_at, found->free_at);
  if (const Counter* const found = counts_address ? find(addresses_, address, now) : nullptr) {
    free_at = std::max(free_at, found->free_at);
  }
  if (free_at > now) return free_at - now;
  count(accounts_, account, kFreeGuesses, now);
  if (counts_address) count(addresses_, address, kFreeAddressGuesses, now);
  return std::nullopt;
}

void GuessThrottle::succeeded(const SignInAttempt& attempt) {
  const Time now = clock_.monotonic();
  MutexLock lock(mutex_);
  accounts_.erase(key_of_account(attempt));
  if (attempt.device.empty()) take_back(addresses_, key_of_address(attempt), now);
}

void GuessThrottle::abandoned(const SignInAttempt& attempt) {
  const Time now = clock_.monotonic();
  MutexLock lock(mutex_);
  take_back(accounts_, key_of_account(attempt), now);
  if (attempt.device.empty()) take_back(addresses_, key_of_address(attempt), now);
}

std::size_t GuessThrottle::counters() {
  MutexLock lock(mutex_);
  return accounts_.size() + addresses_.size();
}

// Null: none, or one that was forgotten by now.
GuessThrottle::Counter* GuessThrottle::find(Table& table, const std::string& key, Time now) {
  Counter* const counter = table.find(key);
  if (counter == nullptr || now - counter->last < kGuessMemory) return counter;
  table.erase(key);
  return nullptr;
}

void GuessThrottle::count(Table& table, const std::string& key, std::uint32_t free_guesses, Time now) {
  Counter* counter = find(table, key, now);
  if (counter == nullptr) counter = &table.put(key, {});
  ++counter->guesses;
  counter->last = now;
  counter->free_at = now + delay_after(counter->guesses, free_guesses);
}

// The wait that it caused goes too: the next one finds what it would have found without.
void GuessThrottle::take_back(Table& table, const std::string& key, Time now) {
  Counter* const counter = find(table, key, now);
  if (counter == nullptr) return;
  if (--counter->guesses == 0) return table.erase(key);
  counter->free_at = std::min(counter->free_at, now);
}

std::string address_group(std::string_view address) {
  constexpr std::size_t kNetworkBytes = 8;
  in6_addr parsed{};
  if (inet_pton(AF_INET6, std::string(address).c_str(), &parsed) != 1) return std::string(address);
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (IN6_IS_ADDR_V4MAPPED(&parsed)) {
    CHECK(inet_ntop(AF_INET, &parsed.s6_addr[12], text.data(), text.size()) != nullptr);
    return text.data();
  }
  std::fill(std::begin(parsed.s6_addr) + kNetworkBytes, std::end(parsed.s6_addr), 0);
  CHECK(inet_ntop(AF_INET6, &parsed, text.data(), text.size()) != nullptr);
  return std::string(text.data()) + "/64";
}

}  // namespace vesta::identity
