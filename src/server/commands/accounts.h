// What `vesta client` and `vesta user` have in common: records of access, written as an administrator could by the API.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "access/records.h"
#include "base/result.h"
#include "json/document.h"
#include "ops/context.h"
#include "ops/host.h"
#include "store/store.h"

namespace vesta::server::commands {

// Where the commands work; all of it outlives them.
struct Accounts {
  ops::Host& host;
  ops::Context& context;
  store::Store& store;
  std::ostream& out;
  std::ostream& errors;
};

// Prints it. The exit code.
int fail(const Accounts& accounts, const Error& error);
// The exit code: 1 if the output could not be written.
int finish(const Accounts& accounts);

// Errors (invalid): one that is not there. Those of the store.
Status check_policies(const std::vector<std::string>& policies, access::Records& records);
json::Value policy_references(const std::vector<std::string>& policies);

// Writes a new record. Errors: those of the write.
Status put_record(const Accounts& accounts, const json::Value& record);
// A line each: id, status, name. The exit code.
int list_records(const Accounts& accounts, std::string_view type);
// In force with its commit. The exit code.
int turn_off(const Accounts& accounts, std::string_view type, const std::string& id);

}  // namespace vesta::server::commands
