// What scopes mean, for those who are asked to allow them.
#pragma once

#include <string>
#include <vector>

namespace vesta::oauth {

// The patient whose record is opened: who signs in, or whom they choose.
enum class Whose { own, chosen };

// One sentence for each scope that a user can be asked for, in their order: "see everything in your health record".
std::vector<std::string> sentences_of(const std::vector<std::string>& scopes, Whose patient);

}  // namespace vesta::oauth
