// Opens both stores under one Registry, which knows the source's own search parameters.
#include "server/commands/copy.h"

#include <cstdlib>
#include <memory>
#include <ostream>

#include "base/clock.h"
#include "base/hexadecimal.h"
#include "ops/custom_parameters.h"
#include "search/extract.h"
#include "search/parameter.h"
#include "server/store_setup.h"
#include "store/copy.h"
#include "store/scratch.h"

namespace vesta::server::commands {
namespace {

constexpr std::uint64_t kProgressVersions = 10'000;  // between two lines

StoreConfig store_named(const std::string& name, const StoreKeyConfig& key) {
  StoreConfig config;
  config.engine = name;
  if (!is_postgres(config)) {
    config.engine = "sqlite";
    config.data = name;
  }
  config.key = key;
  return config;
}

class ScratchIndexer final : public store::CopyIndexer {
 public:
  explicit ScratchIndexer(const search::Registry& registry) : registry_(registry) { reset(); }

  Result<search::IndexValues> values_of(const store::Version& version) override {
    VESTA_TRY(const fhir::Node* const tree, scratch_->read(version));
    return search::extract(registry_, *tree, scratch_->arena);
  }
  void reset() override {
    if (scratch_ == nullptr || scratch_->longest_text() > store::kMaxKeptText) {
      scratch_ = std::make_unique<store::Scratch>(registry_.definitions());
    }
    scratch_->reset();
  }

 private:
  const search::Registry& registry_;
  std::unique_ptr<store::Scratch> scratch_;
};

void print(const store::Digest& digest, std::ostream& out) {
  for (std::size_t part = 0; part < digest.parts.size(); ++part) {
    out << store::Digest::kNames[part] << ' ' << digest.parts[part].entries << ' '
        << hexadecimal(digest.parts[part].hash) << '\n';
  }
  out << "total " << digest.total() << '\n';
}

Result<store::Copied> copy_stores(const CopyStoresOptions& options, std::ostream& out) {
  const StoreConfig from_config = store_named(options.from, options.from_key);
  const StoreConfig to_config = store_named(options.to, options.to_key);
  search::Registry registry(fhir::r4());
  VESTA_TRY(const StoreKeys from_keys, open_store_keys(from_config, OpenMode::existing));
  VESTA_TRY(const auto from, open_store(from_config, from_keys, OpenMode::existing, registry, system_clock(), nullptr));
  wait_for_index(*from);
  if (is_postgres(to_config)) VESTA_CHECK_OK(migrate_store(to_config, registry));
  VESTA_TRY(const StoreKeys to_keys, open_store_keys(to_config, OpenMode::create));
  VESTA_TRY(const auto to, open_any_store(to_config, to_keys, OpenMode::create, registry, system_clock(), nullptr));
  wait_for_index(*to);
  ops::CustomParameters parameters(registry, *from);
  VESTA_CHECK_OK(parameters.load());
  ScratchIndexer indexer(registry);
  store::CopyOptions copy_options{.registry = registry, .indexer = indexer};
  copy_options.progress = [&out, printed = std::uint64_t{0}](std::uint64_t done, std::uint64_t of) mutable -> Status {
    if (done < printed + kProgressVersions && done < of) return kOk;
    if (done != printed) out << "copied " << done << " of " << of << " versions" << std::endl;
    printed = done;
    return kOk;
  };
  return store::copy(*from, *to, copy_options);
}

}  // namespace

int run_copy(const CopyStoresOptions& options, std::ostream& out, std::ostream& errors) {
  const Result<store::Copied> copied = copy_stores(options, out);
  if (!copied.ok()) {
    errors << "vesta: " << copied.error().message << '\n';
    return 1;
  }
  if (copied->unindexed > 0) out << copied->unindexed << " versions cannot be indexed: `vesta check` names them\n";
  print(copied->digest, out);
  return 0;
}

int run_digest(store::Store& store, const fhir::Definitions& definitions,
               const std::optional<store::DigestLimits>& limits, std::ostream& out, std::ostream& errors) {
  const Result<store::Digest> digest = store::digest(store, definitions, limits);
  if (!digest.ok()) {
    errors << "vesta: " << digest.error().message << '\n';
    return 1;
  }
  print(*digest, out);
  return 0;
}

}  // namespace vesta::server::commands
