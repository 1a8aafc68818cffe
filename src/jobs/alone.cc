// Watching the list of nodes.
#include "jobs/alone.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <thread>
#include <vector>

#include "jobs/node.h"

namespace vesta::jobs {
namespace {

constexpr std::chrono::milliseconds kBeatLook{100};

}  // namespace

Result<std::optional<std::string>> check_alone(const std::function<Result<std::optional<std::string>>()>& nodes,
                                               Clock& clock) {
  const auto deadline = clock.monotonic() + kNodeLife;
  std::map<std::string, std::uint64_t> first;
  for (bool is_first = true;; is_first = false) {
    VESTA_TRY(const std::optional<std::string> text, nodes());
    VESTA_TRY(const std::vector<NodeEntry> entries, decode_nodes(text.value_or("")));
    std::string living;
    for (const NodeEntry& node : entries) {
      if (is_first) first.emplace(node.id, node.beat);
      const auto known = first.find(node.id);
      if (known != first.end() && known->second == node.beat) continue;
      living += (living.empty() ? "" : ", ") + node.id + " (version " + node.version + ", " + node.roles + ")";
    }
    if (!living.empty()) {
      return make_error(Category::busy,
                        "nodes serve the store that could not go on with it, stop them first: " + living);
    }
    if (entries.empty() || clock.monotonic() >= deadline) return text;
    std::this_thread::sleep_for(kBeatLook);
  }
}

}  // namespace vesta::jobs
