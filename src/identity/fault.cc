// The table of faults.
#include "identity/fault.h"

#include <array>
#include <cstddef>
#include <string>

namespace vesta::identity {
namespace {

struct FaultText {
  std::string_view name;
  std::string_view sentence;
};

// In the order of TokenFault.
constexpr std::array<FaultText, 15> kFaults{{
    {"too_large", "The token is too large."},
    {"malformed", "The token is not a signed JSON Web Token."},
    {"unsupported_algorithm", "The token is signed by an algorithm that is not accepted."},
    {"critical_header", "The token asks for an extension that is not supported."},
    {"embedded_key", "The token brings its own key."},
    {"wrong_type", "The token is not of the type that is needed here."},
    {"unknown_key", "The token is signed by a key that is not known."},
    {"bad_signature", "The token's signature is not valid."},
    {"bad_claims", "A claim of the token is missing or is not of its type."},
    {"wrong_issuer", "The token is of another issuer."},
    {"wrong_audience", "The token is for another audience."},
    {"wrong_subject", "The token is about another subject."},
    {"expired", "The token has expired."},
    {"not_yet_valid", "The token is not valid yet."},
    {"too_long_lived", "The token is valid for longer than is accepted."},
}};

const FaultText& text_of(TokenFault fault) {
  return kFaults.at(static_cast<std::size_t>(fault));
}

}  // namespace

std::string_view name_of(TokenFault fault) {
  return text_of(fault).name;
}

Error refuse(TokenFault fault) {
  const FaultText& text = text_of(fault);
  const char* code = fault == TokenFault::expired ? "expired" : "login";
  return {Category::unauthenticated, std::string(text.name), {{Severity::error, code, std::string(text.sentence), {}}}};
}

}  // namespace vesta::identity
