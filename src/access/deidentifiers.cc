// Loading and making of the key.
#include "access/deidentifiers.h"

#include <optional>
#include <utility>

#include "identity/digest.h"
#include "store/make_property.h"

namespace vesta::access {
namespace {

constexpr const char* kKeyProperty = "access.deidentification_key";

}  // namespace

Status Deidentifiers::configure(std::string_view configuration) {
  VESTA_TRY([[maybe_unused]] const deidentify::Rules rules, deidentify::Rules::parse(definitions_, configuration));
  const MutexLock lock(mutex_);
  configuration_ = configuration;
  made_ = nullptr;
  return kOk;
}

Result<std::shared_ptr<const deidentify::Deidentifier>> Deidentifiers::get() {
  const MutexLock lock(mutex_);
  if (made_ != nullptr) return made_;
  VESTA_TRY(deidentify::Rules rules,
            deidentify::Rules::parse(
                definitions_, configuration_.empty() ? deidentify::safe_harbor() : std::string_view(configuration_)));
  VESTA_TRY(const std::string key, load_key());
  made_ = std::make_shared<const deidentify::Deidentifier>(definitions_, std::move(rules), key, base_url_);
  return made_;
}

Result<std::string> Deidentifiers::load_key() {
  VESTA_TRY(std::string stored, store::make_property(store_, kKeyProperty, [this] {
              return identity::random_bytes(random_, deidentify::kKeyBytes);
            }));
  if (stored.size() != deidentify::kKeyBytes) {
    return make_error(Category::internal, "the store's key of de-identification is damaged");
  }
  return stored;
}

}  // namespace vesta::access
