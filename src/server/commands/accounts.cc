// Records as JSON, read and written whole.
#include "server/commands/accounts.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "oauth/answers.h"
#include "ops/own_writes.h"
#include "store/version_text.h"

namespace vesta::server::commands {
namespace {

constexpr std::uint32_t kListPage = 500;

Result<json::Value> value_of(const Accounts& accounts, const store::Version& version) {
  std::string text;
  store::append_text(accounts.context.definitions, version, text);
  return json::parse_value(text);
}

}  // namespace

int fail(const Accounts& accounts, const Error& error) {
  const bool has_issue = error.message.empty() && !error.issues.empty();
  accounts.errors << "vesta: " << (has_issue ? error.issues.front().diagnostics : error.message) << "\n";
  return 1;
}

int finish(const Accounts& accounts) {
  return accounts.out.flush().good() ? 0 : 1;
}

Status check_policies(const std::vector<std::string>& policies, access::Records& records) {
  for (const std::string& id : policies) {
    VESTA_TRY(const auto policy, records.policy(id));
    if (policy == nullptr) return make_error(Category::invalid, "There is no policy '" + id + "'.");
  }
  return kOk;
}

json::Value policy_references(const std::vector<std::string>& policies) {
  json::Value list = oauth::texts({});
  for (const std::string& id : policies) {
    list.items.push_back(oauth::object({{"reference", oauth::text(std::string(access::kAccessPolicy) + "/" + id)}}));
  }
  return list;
}

Status put_record(const Accounts& accounts, const json::Value& record) {
  std::string text;
  json::append_value(record, text);
  return ops::put_own(accounts.context, text, VersionId{});
}

int list_records(const Accounts& accounts, std::string_view type) {
  search::Query query;
  query.type = *accounts.context.definitions.find_resource_type(type);
  query.plan = search::Plan::make_all();
  store::SearchOptions options;
  options.count = kListPage;
  for (;;) {
    auto page = accounts.context.store.search(query, options);
    if (!page.ok()) return fail(accounts, page.error());
    for (const store::Version& version : page->entries) {
      const auto record = value_of(accounts, version);
      if (!record.ok()) return fail(accounts, record.error());
      accounts.out << version.id << '\t' << oauth::member_text(*record, "status") << '\t'
                   << oauth::member_text(*record, "name") << '\n';
    }
    if (!page->next) return finish(accounts);
    options.from = *std::move(page->next);
  }
}

int turn_off(const Accounts& accounts, std::string_view type, const std::string& id) {
  const auto version = accounts.context.store.read(*accounts.context.definitions.find_resource_type(type), id);
  if (!version.ok()) return fail(accounts, version.error());
  if (!version->has_value() || (*version)->deleted) {
    return fail(accounts, make_error(Category::not_found, "There is no " + std::string(type) + " '" + id + "'."));
  }
  auto record = value_of(accounts, **version);
  if (!record.ok()) return fail(accounts, record.error());
  if (json::Value* const status = record->find("status")) status->text = "off";
  std::string text;
  json::append_value(*record, text);
  const Status written = ops::put_own(accounts.context, text, ops::Existing::replaced);
  if (!written.ok()) return fail(accounts, written.error());
  accounts.out << id << " is off\n";
  return finish(accounts);
}

}  // namespace vesta::server::commands
