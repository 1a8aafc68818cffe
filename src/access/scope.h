// Scopes: what a token may be used for, as SMART App Launch says it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "access/grant.h"

namespace vesta::access {

inline constexpr std::size_t kMaxScopeBytes = 1024;  // of one scope
inline constexpr std::size_t kMaxScopes = 128;       // of one principal, and of one client

// "patient/Observation.rs?category=laboratory"
struct Scope {
  enum class Context : std::uint8_t { patient, user, system };
  Context context = Context::patient;
  std::string type;   // as it is written, of this server's or not; or "*", all types but those of access
  Actions actions;    // not empty
  std::string query;  // what follows the '?', as it is written; empty: everything of the type

  bool operator==(const Scope&) const = default;
};

// Versions 1 (`.read`, `.write`, `.*`) and 2 (`.cruds`, in this order). nullopt: no scope of resources ("openid",
// "launch/patient"), or none that is well formed, or too long.
// https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html
std::optional<Scope> parse_scope(std::string_view text);

// As version 2 writes it.
std::string to_string(const Scope& scope);

// Is all that `asked` allows allowed by `granted`?
bool covers(const Scope& granted, const Scope& asked);

// Of the scopes that are asked for, what a client with the registered ones may be given: those that are covered, as
// they were asked for; of the others what is covered, in the form of version 2. What is no scope of resources must be
// registered as it is. Each once, in the order of `asked`; at most kMaxScopes, of the first kMaxScopes of both.
std::vector<std::string> granted_scopes(std::span<const std::string> asked, std::span<const std::string> registered);

}  // namespace vesta::access
