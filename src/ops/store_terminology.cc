// Finds CodeSystems and ValueSets by searches of the store.
#include "ops/store_terminology.h"

#include <algorithm>
#include <utility>

#include "search/plan.h"
#include "store/scratch.h"
#include "store/version_text.h"

namespace vesta::ops {
namespace {

using search::Plan;

constexpr std::uint32_t kSystemsPerPage = 50;

std::string text_of(const fhir::Definitions& definitions, const store::Version& version) {
  std::string text;
  store::append_text(definitions, version, text);
  return text;
}

// What names the code in JSON without escapes stands in it as it is; a text with escapes may name any.
bool may_hold(const std::string& text, std::string_view code) {
  return text.find('\\') != std::string::npos || text.find('"' + std::string(code) + '"') != std::string::npos;
}

}  // namespace

StoreTerminology::StoreTerminology(const search::Registry& registry, store::Store& store)
    : registry_(registry),
      store_(store),
      all_(store, registry, {}, access::Grant::everything()),
      code_system_(CanonicalType::of(registry, terminology::kind_name(terminology::Kind::code_system))),
      value_set_(CanonicalType::of(registry, terminology::kind_name(terminology::Kind::value_set))),
      url_(registry.definitions().find_name("url").value_or(fhir::NameId{})) {}

Result<std::optional<std::string>> StoreTerminology::read(fhir::TypeId type, std::string_view id) const {
  VESTA_TRY(const std::optional<store::Version> version, all_.read(type, id));
  if (!version || version->deleted) return std::optional<std::string>();
  return std::optional(text_of(registry_.definitions(), *version));
}

Result<std::optional<std::string>> StoreTerminology::find(terminology::Kind kind, std::string_view url,
                                                          std::string_view version) {
  const CanonicalType& of = kind == terminology::Kind::code_system ? code_system_ : value_set_;
  const std::string prefix = std::string(terminology::kind_name(kind)) + "/";
  if (url.starts_with(prefix) && version.empty()) return read(of.type, url.substr(prefix.size()));
  VESTA_TRY(const std::optional<store::Version> found, find_canonical(all_, of, url, version));
  if (!found) return std::optional<std::string>();
  return std::optional(text_of(registry_.definitions(), *found));
}

// OPTIMIZATION: a text without the code is not parsed. The index does not help: its parameter `code` has the concepts
// of the first level only.
Result<std::vector<std::string>> StoreTerminology::systems_with(std::string_view code) {
  std::vector<std::string> urls;
  const search::Query query{code_system_.type, Plan::make_all(), {}};
  store::SearchOptions options;
  options.count = kSystemsPerPage;
  while (true) {
    VESTA_TRY(const store::SearchPage page, all_.search(query, options));
    for (const store::Version& version : page.entries) {
      if (!may_hold(version.tail, code)) continue;
      store::ScratchLease scratch(registry_.definitions());
      VESTA_TRY(const fhir::Node* const tree, scratch->read(version));
      const std::string_view url = tree->child_value(url_);
      if (!url.empty()) urls.emplace_back(url);
    }
    if (!page.next) break;
    options.from = *page.next;
  }
  std::ranges::sort(urls);
  urls.erase(std::unique(urls.begin(), urls.end()), urls.end());
  return urls;
}

Result<CommitSeq> StoreTerminology::newest() const {
  CommitSeq seq;
  for (const fhir::TypeId type : {code_system_.type, value_set_.type}) {
    store::HistoryQuery query;
    query.type = type;
    query.count = 1;
    VESTA_TRY(const store::HistoryPage page, all_.history(query));
    if (!page.entries.empty()) seq = std::max(seq, page.entries.front().seq);
  }
  return seq;
}

// Asked before each use of what is kept: as long as nothing was written at all, the number stands. A store that cannot
// be read cannot be searched either, so that the old number does no harm then.
std::uint64_t StoreTerminology::generation() {
  const auto statistics = store_.statistics();
  MutexLock lock(mutex_);
  if (!statistics.ok() || statistics->last_seq <= seen_) return generation_;
  const auto seq = newest();
  if (!seq.ok()) return generation_;
  seen_ = statistics->last_seq;
  generation_ = std::max(generation_, seq->value);
  return generation_;
}

}  // namespace vesta::ops
