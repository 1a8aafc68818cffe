// What scopes mean, for those who are asked to allow them.
#pragma once

#include <string>
#include <vector>

namespace vesta::oauth {

// One sentence for each scope that a user can be asked for, in their order: "see your health record: laboratory
// results".
std::vector<std::string> sentences_of(const std::vector<std::string>& scopes);

}  // namespace vesta::oauth
