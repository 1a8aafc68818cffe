// The list of nodes, and the leases of this one.
#include "jobs/node.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/deadline.h"
#include "base/instant.h"
#include "base/log.h"
#include "base/reason.h"
#include "base/thread_pool.h"

namespace vesta::jobs {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int kMaxRounds = 20;  // of a change that others were faster than
constexpr std::string_view kNobody = "-";
constexpr std::chrono::milliseconds kLook{100};  // while it is waited whether another node lives
// A beat that was written late shows a time that has passed.
constexpr std::chrono::milliseconds kMaxSeenDifference = kMaxClockDifference + kBeat + kBeatWait;

Error damaged(std::string_view key) {
  return make_error(Category::internal, "the property " + std::string(key) + " is damaged");
}

// The field before the next space; what is left behind it.
std::string_view take_field(std::string_view& line) {
  const std::size_t end = line.find(' ');
  const std::string_view field = line.substr(0, end);
  line = end == std::string_view::npos ? std::string_view() : line.substr(end + 1);
  return field;
}

template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

// "7 node": who has it, and by which taking.
struct Holding {
  std::uint64_t token = 0;
  std::string holder{kNobody};
};

std::string text_of(const Holding& holding) {
  return std::to_string(holding.token) + ' ' + holding.holder;
}

std::optional<Holding> parse_holding(std::string_view text) {
  Holding holding;
  if (!read_number(take_field(text), holding.token) || text.empty()) return std::nullopt;
  holding.holder = text;
  return holding;
}

// False: somebody else was faster.
Result<bool> replace(store::Store& store, store::ExpectedProperty before, std::string text) {
  store::WriteSet writes;
  writes.properties.emplace_back(before.first, std::move(text));
  writes.expected_properties.push_back(std::move(before));
  const auto written = store.commit(writes);
  if (written.ok()) return true;
  if (written.error().category == Category::conflict) return false;
  return written.error();
}

}  // namespace

std::string encode_nodes(const std::vector<NodeEntry>& nodes) {
  std::string text;
  for (const NodeEntry& node : nodes) {
    for (const std::string* field : {&node.id, &node.version, &node.roles, &node.issuer}) {
      text.append(*field).append(" ");
    }
    text.append(std::to_string(node.beat)).append(" ").append(std::to_string(node.at.value)).append("\n");
  }
  return text;
}

Result<std::vector<NodeEntry>> decode_nodes(std::string_view text) {
  std::vector<NodeEntry> nodes;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return damaged(kNodesKey);
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    NodeEntry node;
    for (std::string* field : {&node.id, &node.version, &node.roles, &node.issuer}) *field = take_field(line);
    const bool has_beat = read_number(take_field(line), node.beat);
    if (node.issuer.empty() || !has_beat || !read_number(line, node.at.value)) return damaged(kNodesKey);
    nodes.push_back(std::move(node));
  }
  return nodes;
}

std::optional<store::ExpectedProperty> Lease::fence(Clock& clock) const {
  const MutexLock lock(mutex_);
  if (!text_ || clock.monotonic() >= until_) return std::nullopt;
  return store::ExpectedProperty{key_, text_};
}

void Lease::set(std::optional<std::string> text, SteadyClock::time_point until) {
  const MutexLock lock(mutex_);
  text_ = std::move(text);
  until_ = until;
}

Node::Node(store::Store& store, Clock& clock, NodeEntry self, Metrics* metrics)
    : store_(store), clock_(clock), metrics_(metrics), self_(std::move(self)) {}

Node::~Node() {
  stop();
}

Lease& Node::lease(std::string name) {
  return *leases_.emplace_back(std::make_unique<Lease>(std::move(name)));
}

Result<std::vector<NodeEntry>> Node::read(std::optional<std::string>& text) {
  VESTA_TRY(text, store_.property(kNodesKey));
  VESTA_TRY(std::vector<NodeEntry> nodes, decode_nodes(text.value_or("")));
  std::erase_if(nodes, [&](const NodeEntry& node) { return node.id == self_.id; });
  observe(nodes);
  return nodes;
}

void Node::observe(const std::vector<NodeEntry>& nodes) {
  const auto now = clock_.monotonic();
  std::map<std::string, Seen> seen;
  for (const NodeEntry& node : nodes) {
    const auto known = seen_.find(node.id);
    const bool is_new = known == seen_.end();
    if (!is_new && known->second.beat != node.beat) compare_clocks(node);
    seen.emplace(node.id, is_new || known->second.beat != node.beat ? Seen{node.beat, now} : known->second);
  }
  seen_ = std::move(seen);
}

// Leases need no clock; times in what is written, and what expires, do.
void Node::compare_clocks(const NodeEntry& other) {
  const std::chrono::microseconds apart{clock_.now().value - other.at.value};
  const bool is_far = apart > kMaxSeenDifference || -apart > kMaxClockDifference;
  if (!is_far && too_far_ == other.id) too_far_.reset();
  if (!is_far || too_far_) return;
  too_far_ = other.id;
  log::warning("the clock of another node is apart from this one's",
               {{"node", other.id}, {"milliseconds", apart.count() / 1000}});
}

bool Node::is_alive(const std::string& id) const {
  if (id == self_.id) return true;
  const auto known = seen_.find(id);
  return known != seen_.end() && clock_.monotonic() - known->second.at < kNodeLife;
}

// One that has died may still stand in the list: it counts if it is seen to beat.
Status Node::check_issuers() {
  std::optional<std::string> text;
  VESTA_TRY(const std::vector<NodeEntry> first, read(text));
  std::map<std::string, std::uint64_t> others;
  for (const NodeEntry& node : first) {
    const bool asks = node.issuer != kNobody && self_.issuer != kNobody;
    if (asks && node.issuer != self_.issuer) others.emplace(node.id, node.beat);
  }
  const auto deadline = SteadyClock::now() + 2 * kBeat;
  while (!others.empty() && SteadyClock::now() < deadline) {
    std::this_thread::sleep_for(kLook);
    VESTA_TRY(const std::vector<NodeEntry> nodes, read(text));
    for (const NodeEntry& node : nodes) {
      const auto other = others.find(node.id);
      if (other == others.end() || other->second == node.beat) continue;
      return make_error(Category::invalid, "Another node over this store has the base URL " + node.issuer +
                                               ", and not " + self_.issuer +
                                               ": none would take the tokens of the other. See --base-url.");
    }
  }
  return kOk;
}

Status Node::join() {
  VESTA_CHECK_OK(check_issuers());
  return step();
}

Status Node::beat() {
  for (int round = 0; round < kMaxRounds; ++round) {
    std::optional<std::string> text;
    VESTA_TRY(std::vector<NodeEntry> nodes, read(text));
    std::erase_if(nodes, [&](const NodeEntry& node) { return !is_alive(node.id); });
    if (nodes.size() >= kMaxNodes) return make_error(Category::busy, "too many nodes serve this store");
    ++self_.beat;
    self_.at = clock_.now();
    nodes.push_back(self_);
    const auto before = clock_.monotonic();
    VESTA_TRY(const bool is_written, replace(store_, {std::string(kNodesKey), std::move(text)}, encode_nodes(nodes)));
    if (!is_written) continue;
    beaten_ = before;
    show(nodes);
    nodes_ = std::move(nodes);
    return kOk;
  }
  return make_error(Category::busy, "other nodes keep changing the list of nodes");
}

Status Node::take(Lease& lease) {
  VESTA_TRY(std::optional<std::string> text, store_.property(lease.key_));
  const std::optional<Holding> found = text ? parse_holding(*text) : Holding();
  if (!found) return damaged(lease.key_);
  const auto until = beaten_ + kNodeLife - kBeat;
  if (found->holder == self_.id) {
    lease.set(std::move(text), until);
    return kOk;
  }
  lease.set(std::nullopt, {});
  const auto stands = std::ranges::find(nodes_, found->holder, &NodeEntry::id);
  if (stands != nodes_.end()) return kOk;
  const std::string mine = text_of({found->token + 1, self_.id});
  VESTA_TRY(const bool is_mine, replace(store_, {lease.key_, std::move(text)}, mine));
  if (!is_mine) return kOk;
  lease.set(mine, until);
  log::info("this node has a lease", {{"lease", lease.key_}, {"token", found->token + 1}});
  return kOk;
}

Status Node::step() {
  VESTA_CHECK_OK(beat());
  for (const auto& lease : leases_) VESTA_CHECK_OK(take(*lease));
  return kOk;
}

// So that others need not wait until this one seems to be dead.
Status Node::give_back() {
  for (const auto& lease : leases_) {
    const auto held = lease->fence(clock_);
    lease->set(std::nullopt, {});
    const auto holding = held ? parse_holding(*held->second) : std::nullopt;
    if (!holding) continue;
    VESTA_TRY([[maybe_unused]] const bool is_given,
              replace(store_, *held, text_of({holding->token, std::string(kNobody)})));
  }
  for (int round = 0; round < kMaxRounds; ++round) {
    std::optional<std::string> text;
    VESTA_TRY(const std::vector<NodeEntry> others, read(text));
    VESTA_TRY(const bool is_written, replace(store_, {std::string(kNodesKey), std::move(text)}, encode_nodes(others)));
    if (is_written) return kOk;
  }
  return kOk;
}

void Node::show(const std::vector<NodeEntry>& nodes) {
  if (metrics_ == nullptr) return;
  metrics_->gauge("vesta_nodes", "Nodes over this store that live.").set(static_cast<double>(nodes.size()));
  const auto has_worker = [](const NodeEntry& node) { return node.roles.find("worker") != std::string::npos; };
  metrics_->gauge("vesta_worker_nodes", "Those of them that do what goes on in the background.")
      .set(static_cast<double>(std::ranges::count_if(nodes, has_worker)));
}

void Node::start() {
  thread_ = std::thread([this] {
    set_thread_name("vesta-node");
    run();
  });
}

void Node::run() {
  while (true) {
    {
      const auto deadline = SteadyClock::now() + kBeat;
      const MutexLock lock(mutex_);
      while (!is_stopping_) {
        if (!stopping_.wait_until(mutex_, deadline)) break;
      }
      if (is_stopping_) return;
    }
    const DeadlineScope scope(SteadyClock::now() + kBeatWait);
    if (const Status stepped = step(); !stepped.ok()) {
      log::warning("this node could not show that it lives", {{"reason", reason_of(stepped.error())}});
    }
  }
}

void Node::stop() {
  if (!thread_.joinable()) return;
  {
    const MutexLock lock(mutex_);
    is_stopping_ = true;
    stopping_.notify_all();
  }
  thread_.join();
  const DeadlineScope scope(SteadyClock::now() + kBeatWait);
  if (const Status given = give_back(); !given.ok()) {
    log::warning("this node's leases were not given back", {{"reason", reason_of(given.error())}});
  }
}

}  // namespace vesta::jobs
