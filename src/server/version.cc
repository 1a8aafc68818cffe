// The version of this build, as the build file hands it over.
#include "server/version.h"

namespace vesta::server {

std::string_view version() {
  return VESTA_VERSION;
}

}  // namespace vesta::server
