// What a connection is remembered by.
#include "oauth/admissions.h"

#include <any>
#include <string>
#include <string_view>
#include <utility>

namespace vesta::oauth {

// OPTIMIZATION: most connections bring one token again and again. What it came to is true as long as nothing of what
// that was made of has changed, and to see that takes no lock and no copy that threads contend for.
struct Admissions::Kept {
  std::string text;
  AccessTokens::Verified verified;
  std::shared_ptr<const access::Principal> principal;
  access::Grants::Origin origin;

  // The owner of what is handed out is the connection's own object, which no other connection counts.
  static std::shared_ptr<const access::Principal> principal_of(const std::shared_ptr<const Kept>& kept) {
    return {kept, kept->principal.get()};
  }
};

const std::shared_ptr<const Admissions::Kept>* Admissions::last_of(const http::Request& request,
                                                                   std::string_view text) const {
  const auto* const last = std::any_cast<std::shared_ptr<const Kept>>(request.kept);
  return last != nullptr && (*last)->text == text && tokens_.still_holds((*last)->verified) ? last : nullptr;
}

bool Admissions::knows(const http::Request& request) const {
  const auto text = token_of(request);
  return text.ok() && last_of(request, *text) != nullptr;
}

Result<Admitted> Admissions::of(const http::Request& request, const MayAsk& may_ask) {
  VESTA_TRY(const std::string_view text, token_of(request));
  const auto* const last = last_of(request, text);
  if (last != nullptr) {
    if (auto grant = grants_.again((*last)->origin)) {
      VESTA_CHECK_OK(may_ask(*(*last)->principal));
      return Admitted{Kept::principal_of(*last), std::move(grant)};
    }
  }
  auto now = std::make_shared<Kept>();
  now->text = text;
  now->origin = grants_.begin();
  if (last != nullptr) now->verified = (*last)->verified;
  if (request.kept != nullptr) request.kept->reset();  // of whoever is refused nothing is kept
  if (now->verified.token == nullptr) {
    VESTA_TRY(now->verified, tokens_.verified(text));
  }
  VESTA_TRY(Bearer bearer, bearers_.of(now->verified.token));
  now->verified.until = bearer.until;
  now->principal = std::move(bearer.principal);
  VESTA_CHECK_OK(may_ask(*now->principal));
  VESTA_TRY(auto grant, grants_.of(*now->principal, &now->origin));
  if (request.kept != nullptr) request.kept->emplace<std::shared_ptr<const Kept>>(now);
  return Admitted{Kept::principal_of(now), std::move(grant)};
}

}  // namespace vesta::oauth
