// Who asks, for what, and what rules and scopes say.
#include "server/commands/policy.h"

#include <memory>
#include <optional>
#include <utility>

#include "access/decide.h"
#include "access/rule_plans.h"
#include "access/why.h"
#include "fhir/json.h"
#include "oauth/users.h"
#include "search/extract.h"
#include "server/commands/input_stream.h"

namespace vesta::server::commands {
namespace {

constexpr int kAllowed = 0;
constexpr int kNotAllowed = 2;

Result<access::Principal> principal_of(const PolicyTestOptions& options, const Accounts& accounts,
                                       access::Records& records) {
  access::Principal principal;
  principal.patient = options.patient;
  principal.scopes = options.scopes;
  if (!options.user.empty()) {
    VESTA_TRY(const auto user, oauth::user_of_name(accounts.store, accounts.context.registry, records, options.user));
    if (user == nullptr) return make_error(Category::invalid, "There is no active user '" + options.user + "'.");
    principal.policies = user->policies;
    principal.fhir_user = user->fhir_user;
    if (options.scopes.empty()) principal.scopes = access::every_scope(accounts.context.definitions);
    return principal;
  }
  VESTA_TRY(const auto client, records.client(options.client));
  if (client == nullptr || !client->is_active) {
    return make_error(Category::invalid, "There is no active client '" + options.client + "'.");
  }
  principal.client = client->id;
  principal.policies = client->policies;
  if (options.scopes.empty()) principal.scopes = client->scopes;
  return principal;
}

// What is asked about, with the resources that the question borrows.
struct Asked {
  access::Question question;
  std::optional<store::Version> current;
  std::string text;
  fhir::Arena arena;
  search::IndexValues values;
  search::Subject subject;
};

// Must outlive what it read: the questions decide through it.
class Reader {
 public:
  Reader(const PolicyTestOptions& options, const Accounts& accounts, const access::Deciding& deciding)
      : options_(options), accounts_(accounts), deciding_(deciding) {}

  Result<std::unique_ptr<Asked>> read() const {
    auto asked = std::make_unique<Asked>();
    const auto action = access::action_of(options_.interaction);
    if (!action) {
      return wrong("'" + options_.interaction + "' is no interaction: read, search, create, update, delete or count.");
    }
    asked->question.action = *action;
    const std::size_t slash = options_.resource.find('/');
    const std::string type = options_.resource.substr(0, slash);
    const auto found = accounts_.context.definitions.find_resource_type(type);
    if (!found) return wrong("'" + type + "' is no resource type.");
    asked->question.type = *found;
    if (slash != std::string::npos) VESTA_CHECK_OK(add_current(options_.resource.substr(slash + 1), *asked));
    if (!options_.file.empty()) VESTA_CHECK_OK(add_file(*asked));
    return asked;
  }

 private:
  static Error wrong(std::string message) { return make_error(Category::invalid, std::move(message)); }

  Status add_current(const std::string& id, Asked& asked) const {
    VESTA_TRY(asked.current, accounts_.store.read(asked.question.type, id));
    if (!asked.current || asked.current->deleted) return wrong("There is no " + options_.resource + ".");
    asked.question.resources.emplace_back([this, &asked](const search::Plan& plan) -> Result<bool> {
      const access::Action action = asked.question.action;
      const bool is_write =
          action == access::Action::create || action == access::Action::update || action == access::Action::remove;
      if (is_write) return access::decide(deciding_, plan, *asked.current);
      VESTA_TRY(const store::SearchPage found,  // as the server does
                accounts_.store.search(access::one_of(deciding_, asked.question.type, asked.current->id, plan),
                                       {.count = 1}));
      return !found.entries.empty();
    });
    return kOk;
  }

  Status add_file(Asked& asked) const {
    VESTA_TRY(const std::unique_ptr<InputStream> stream, open_input(options_.file));
    VESTA_TRY(asked.text, read_all(*stream, kMaxPolicyFileBytes, fhir::kJsonPadding));
    fhir::JsonReader reader(accounts_.context.definitions);
    VESTA_TRY(const fhir::Node* const root, reader.read(asked.text, asked.arena));
    if (root->type != asked.question.type) return wrong(options_.file + " holds no " + options_.resource + ".");
    VESTA_TRY(asked.values, search::extract(accounts_.context.registry, *root, asked.arena));
    asked.subject = {root->type, asked.current ? asked.current->id : std::string(),
                     asked.current ? asked.current->last_updated : Instant{}, &asked.values};
    asked.question.resources.emplace_back(
        [this, &asked](const search::Plan& plan) { return access::decide(deciding_, plan, asked.subject); });
    return kOk;
  }

  const PolicyTestOptions& options_;
  const Accounts& accounts_;
  const access::Deciding& deciding_;
};

void print(const std::vector<access::Saying>& sayings, std::ostream& out) {
  for (const access::Saying& saying : sayings) {
    out << (saying.grants ? "  + " : "  - ") << saying.name << ": " << saying.reason << '\n';
  }
}

}  // namespace

int test_policies(const PolicyTestOptions& options, const Accounts& accounts) {
  ops::Host& service = accounts.host;
  access::Records records(accounts.store, accounts.context.definitions);
  access::Grants grants(accounts.store, accounts.context.registry, service.clock, service.base_url, records,
                        service.codes, service.hierarchy, &service.deidentifiers);
  const access::Deciding deciding{accounts.store, accounts.context.registry, service.base_url};
  const auto principal = principal_of(options, accounts, records);
  if (!principal.ok()) return fail(accounts, principal.error());
  const Reader reader(options, accounts, deciding);
  const auto asked = reader.read();
  if (!asked.ok()) return fail(accounts, asked.error());
  const access::PlanSources sources{grants,           accounts.context.registry, records,
                                    service.base_url, service.clock.now(),       service.codes,
                                    service.hierarchy};
  const auto why = access::why(sources, *principal, (*asked)->question);
  if (!why.ok()) return fail(accounts, why.error());
  accounts.out << (why->allowed ? "allowed" : "not allowed") << ": " << options.interaction << ' ' << options.resource
               << '\n';
  if (why->needs_read) accounts.out << "  - it would have to be read first, which is not allowed\n";
  print(why->rules, accounts.out);
  if (options.user.empty() || !options.scopes.empty()) print(why->scopes, accounts.out);
  const int printed = finish(accounts);
  return printed != 0 ? printed : why->allowed ? kAllowed : kNotAllowed;
}

}  // namespace vesta::server::commands
