// The keys stand one behind the other in one property, the one that seals in front.
#include "oauth/secrets.h"

#include <utility>

#include "identity/sealed_box.h"
#include "store/make_property.h"

namespace vesta::oauth {
namespace {

constexpr const char* kSealKeysProperty = "oauth.seal_keys";

}  // namespace

Result<std::vector<std::string>> load_seal_keys(store::Store& store, Random& random) {
  VESTA_TRY(const std::string stored,
            store::make_property(store, kSealKeysProperty, [&] { return identity::new_seal_key(random); }));
  const std::size_t count = stored.size() / identity::kSealKeyBytes;
  if (count == 0 || count > identity::kMaxSealKeys || stored.size() % identity::kSealKeyBytes != 0) {
    return make_error(Category::internal, "the store's keys of sealed state are damaged");
  }
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < count; ++i) {
    keys.push_back(stored.substr(i * identity::kSealKeyBytes, identity::kSealKeyBytes));
  }
  return keys;
}

}  // namespace vesta::oauth
