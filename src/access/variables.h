// Variables: what `%patient` and its like in a policy stand for.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"
#include "fhir/definitions.h"

namespace vesta::access {

// Who somebody is; never whose record they have chosen to look at. By their names:
//   user: "Practitioner/1". today: "2026-01-31", in UTC. now: "2026-01-31T10:05Z"; now-4h: four hours before. Each
//   resource type in lower case (patient, practitioner, organization …): the id of the user's own resource, if it is of
//   this type.
class Variables {
 public:
  // What has not the form of "Type/id" is nobody.
  Variables(const fhir::Definitions& definitions, std::string_view fhir_user, Instant now);
  // Of somebody who is a resource of this type, and of every other at the same time: to try whether a rule compiles.
  static Variables of_anybody(const fhir::Definitions& definitions, fhir::TypeId type, Instant now);

  // Whether a value was asked for that holds for this minute only.
  bool was_asked_now() const { return was_asked_now_; }
  // The id of the user's own resource of this type; empty: it has none.
  std::string_view own(fhir::TypeId type) const;
  // nullopt: there is no such variable. Empty: it has no value.
  std::optional<std::string> find(std::string_view name) const;

 private:
  const fhir::Definitions& definitions_;
  Instant now_;
  fhir::TypeId type_ = fhir::kNoType;  // kNoType: the user is nobody of the record
  std::string id_;
  bool is_anybody_ = false;
  mutable bool was_asked_now_ = false;
};

// The text of a query with the values in it, encoded: they add no parameter and no alternative. nullopt: one of them
// has no value. Errors: invalid (there is no such variable).
Result<std::optional<std::string>> put_variables(std::string_view query, const Variables& variables);

}  // namespace vesta::access
