// Asked: a request to an endpoint, and what becomes known of who sends it.
#pragma once

#include "access/grants.h"
#include "access/records.h"
#include "audit/record.h"
#include "audit/trail.h"
#include "base/clock.h"
#include "base/result.h"
#include "http/message.h"
#include "oauth/form.h"

namespace vesta::oauth {

struct Asked {
  const http::Request& request;
  Form form;
  // What the audit log will say. Handlers add the client, the user and what has happened, as soon as they know it:
  // nothing that was sent, for it may be a secret, and a password is typed in the field of a name now and then.
  audit::Record about;
  bool is_recorded = false;  // as a success

  // Who signs in, or is said to.
  void is_of(const access::User& user) {
    about.user = user.id;
    about.fhir_user = user.fhir_user;
  }
  // Whose token came with it.
  void is_of(const access::Principal& bearer) {
    about.client = bearer.client;
    about.user = bearer.user;
    about.fhir_user = bearer.fhir_user;
  }

  // What was decided, with the status that the answer will have: before what is decided is done. Nothing happens if it
  // is recorded as a success already, and is one. Errors (busy): the audit log has no room, and what was decided must
  // neither be done nor told. `trail`: null: there is no audit log.
  Status record(audit::Trail* trail, Clock& clock, int status);
};

}  // namespace vesta::oauth
