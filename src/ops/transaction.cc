// The transaction interaction. https://hl7.org/fhir/R4/http.html#trules
#include "ops/transaction.h"

#include <unordered_map>
#include <utility>

#include "base/check.h"
#include "ops/conditional.h"
#include "ops/dispatch.h"
#include "ops/entry_request.h"
#include "ops/outcome.h"
#include "ops/references.h"
#include "ops/repetition.h"
#include "ops/transaction_references.h"
#include "ops/transaction_step.h"
#include "ops/writes.h"

namespace vesta::ops {
namespace {

Error entry_error(const Step& step, Category category, std::string_view code, std::string_view below,
                  std::string message) {
  const Issue issue{Severity::error, std::string(code), std::move(message), {}};
  return at_entry(Error{category, {}, {issue}}, step.entry.index, below);
}

class Transaction {
 public:
  Transaction(Context& context, store::Scratch& scratch, const TransactionOptions& options)
      : context_(context),
        scratch_(scratch),
        options_(options),
        links_(context.definitions, context.vocabulary, scratch.arena) {}

  Status read(fhir::Node& bundle);
  // Decides and commits once. Errors: conflict if the commit lost a race.
  Status attempt();
  std::vector<EntryResult> results();
  // As they were when it was committed before. Reads are read again.
  Result<std::vector<EntryResult>> results_again(std::span<const AnsweredPart> parts);

 private:
  Status check_method(const Step& step) const;
  Status identify(Step& step);
  Result<Matches> matches_of(const Step& step, std::string_view criteria, std::string_view below);
  Status identify_create(Step& step);
  Status identify_update(Step& step);
  Status identify_patch(Step& step);
  Status identify_remove(Step& step);
  Status claim_identities();
  Status claim_criteria();
  Status add_links();
  Status check_reads();
  http::Response answer(const Step& step) const;
  Error below_type(const Step& step, Error error) const;
  Status build_writes();
  Status commit();
  std::vector<AnsweredPart> parts() const;

  Context& context_;
  store::Scratch& scratch_;
  const TransactionOptions& options_;
  LinkRewriter links_;
  PatchBudget patch_budget_;
  std::vector<Step> steps_;
  std::unordered_map<std::string, const Step*> identities_;  // "Patient/1": who writes it, or found it
  store::WriteSet writes_;
  std::vector<Step*> writers_;  // who made which of writes_
};

Status Transaction::read(fhir::Node& bundle) {
  const std::vector<fhir::Node*> nodes = entry_nodes(context_, bundle);
  steps_.resize(nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    VESTA_TRY(steps_[i].entry, read_entry(context_, *nodes[i], i));
    VESTA_CHECK_OK(check_method(steps_[i]));
    if (steps_[i].entry.method != http::Method::patch) continue;
    const BundleEntry& entry = steps_[i].entry;
    auto patch =
        read_entry_patch(context_, entry.route.type, *entry.resource, entry_path(i) + ".resource", patch_budget_);
    if (!patch.ok()) return at_entry(patch.take_error(), i, "resource");
    steps_[i].patch = std::move(*patch);
  }
  return kOk;
}

Status Transaction::check_method(const Step& step) const {
  using Kind = Route::Kind;
  const BundleEntry& entry = step.entry;
  const Kind kind = entry.route.kind;
  bool is_offered = false;
  switch (entry.method) {
    case http::Method::get:
    case http::Method::head:
      is_offered = kind != Kind::operation;
      break;
    case http::Method::post:
      is_offered = kind == Kind::type && entry.query.empty();
      break;
    case http::Method::put:
    case http::Method::patch:
    case http::Method::delete_:
      is_offered = kind == Kind::instance || kind == Kind::type;
      break;
    default:
      break;
  }
  if (!is_offered) {
    return entry_error(
        step, Category::unsupported, "not-supported", "request",
        std::string(http::to_string(entry.method)) + " of '" + entry.path + "' is not offered in a transaction.");
  }
  if (entry.method != http::Method::post && entry.method != http::Method::put) return kOk;
  if (entry.resource->type == entry.route.type) return kOk;
  return entry_error(step, Category::invalid, "value", "resource",
                     "The resource is of type " + std::string(context_.definitions.type(entry.resource->type).name) +
                         ", the url of type " + std::string(context_.definitions.type(entry.route.type).name) + ".");
}

// `below`: the element that the criteria stand in, for errors: what they name is no part of its path.
Result<Matches> Transaction::matches_of(const Step& step, std::string_view criteria, std::string_view below) {
  auto matches = find_matches(context_, step.entry.route.type, criteria);
  if (matches.ok()) return matches;
  Error error = matches.take_error();
  error.issues = issues_of(error);
  for (Issue& issue : error.issues) issue.expression.clear();
  return at_entry(std::move(error), step.entry.index, below);
}

Status Transaction::identify_create(Step& step) {
  const BundleEntry& entry = step.entry;
  if (step.new_id.empty()) step.new_id = context_.service.uuids.next();
  step.id = step.new_id;
  step.action = Step::Action::put;
  step.current.reset();
  if (entry.if_none_exist.empty()) return kOk;
  VESTA_TRY(Matches matches, matches_of(step, entry.if_none_exist, "request.ifNoneExist"));
  if (matches.ids.size() > 1) return multiple_matches(context_, entry.route.type, entry.if_none_exist);
  if (matches.ids.size() == 1) {
    step.action = Step::Action::found;
    step.id = matches.ids.front();
    VESTA_TRY(step.current, context_.store.read(entry.route.type, step.id));
    if (!exists(step.current)) return make_error(Category::conflict, "The matching resource was deleted meanwhile.");
  }
  writes_.conditions.push_back(std::move(matches).condition());
  return kOk;
}

Status Transaction::identify_update(Step& step) {
  const BundleEntry& entry = step.entry;
  const std::string_view body_id = entry.resource->child_value(context_.vocabulary.id);
  step.action = Step::Action::put;
  bool must_be_new = false, is_chosen = true;
  if (entry.route.kind == Route::Kind::instance) {
    VESTA_CHECK_OK(check_body_id(context_, *entry.resource, entry.route.id));
    step.id = entry.route.id;
  } else {
    VESTA_TRY(Matches matches, matches_of(step, entry.query, "request.url"));
    VESTA_TRY(ConditionalTarget target, conditional_target(context_, matches, entry.route.type, entry.query, body_id));
    must_be_new = !target.found;
    is_chosen = !body_id.empty();
    step.id = std::move(target.id);
    writes_.conditions.push_back(std::move(matches).condition());
  }
  VESTA_TRY(step.current, context_.store.read(entry.route.type, step.id));
  if (is_chosen) VESTA_CHECK_OK(check_chosen_id(context_, entry.route.type, step.current));
  if (must_be_new && exists(step.current)) {
    return make_error(Category::conflict, "No resource matches, and one with the id '" + step.id + "' exists.");
  }
  VESTA_CHECK_OK(check_if_match(entry.if_match, version_of(step.current), exists(step.current)));
  return check_if_none_match(entry.if_none_match, step.current);
}

Status Transaction::identify_patch(Step& step) {
  const BundleEntry& entry = step.entry;
  step.action = Step::Action::put;
  step.id = entry.route.id;
  if (entry.route.kind == Route::Kind::type) {
    VESTA_TRY(Matches matches, matches_of(step, entry.query, "request.url"));
    VESTA_TRY(step.id, the_only_match(context_, matches, entry.route.type, entry.query));
    writes_.conditions.push_back(std::move(matches).condition());
  }
  VESTA_TRY(step.current, context_.store.read(entry.route.type, step.id));
  VESTA_CHECK_OK(check_if_match(entry.if_match, version_of(step.current), exists(step.current)));
  if (!exists(step.current)) {
    return make_error(Category::not_found,
                      step.local(context_.definitions) + " does not exist: there is nothing to patch.");
  }
  VESTA_TRY(step.entry.resource, apply_patch(context_, *step.patch, *step.current, scratch_, patch_budget_));
  return kOk;
}

Status Transaction::identify_remove(Step& step) {
  const BundleEntry& entry = step.entry;
  step.action = Step::Action::nothing;
  step.current.reset();
  if (entry.route.kind == Route::Kind::instance) {
    step.id = entry.route.id;
  } else {
    VESTA_TRY(Matches matches, matches_of(step, entry.query, "request.url"));
    if (matches.ids.size() > 1) return multiple_matches(context_, entry.route.type, entry.query);
    step.id = matches.ids.empty() ? std::string() : matches.ids.front();
    writes_.conditions.push_back(std::move(matches).condition());
    if (step.id.empty()) return kOk;
  }
  VESTA_TRY(step.current, context_.store.read(entry.route.type, step.id));
  VESTA_CHECK_OK(check_if_match(entry.if_match, version_of(step.current), exists(step.current)));
  if (exists(step.current)) step.action = Step::Action::remove;
  return kOk;
}

Status Transaction::identify(Step& step) {
  using Method = http::Method;
  const Method method = step.entry.method;
  const bool changes = method == Method::put || method == Method::patch || method == Method::delete_;
  if (changes && is_kept_as_made(context_, step.entry.route.type)) {
    return entry_error(step, Category::unsupported, "not-supported", "request.method", std::string(kKeptAsMade));
  }
  switch (method) {
    case Method::delete_:
      return identify_remove(step);
    case Method::post:
      return identify_create(step);
    case Method::put:
      return identify_update(step);
    case Method::patch:
      return identify_patch(step);
    default:
      step.action = Step::Action::get;
      return kOk;
  }
}

// A conditional create or update that found nothing makes a resource: twice by the same criteria would make two that
// match, which is what the criteria were to prevent.
Status Transaction::claim_criteria() {
  std::map<std::pair<fhir::TypeId, std::string_view>, const Step*> claimed;
  for (const Step& step : steps_) {
    const BundleEntry& entry = step.entry;
    if (step.action != Step::Action::put || exists(step.current)) continue;
    const bool is_update = entry.method == http::Method::put && entry.route.kind == Route::Kind::type;
    const std::string_view criteria = is_update ? entry.query : entry.if_none_exist;
    if (criteria.empty()) continue;
    const auto [other, is_new] = claimed.emplace(std::pair(entry.route.type, criteria), &step);
    if (is_new) continue;
    return entry_error(step, Category::invalid, "duplicate", is_update ? "request.url" : "request.ifNoneExist",
                       "The criteria are those of " + entry_path(other->second->entry.index) +
                           ": both would make a resource that matches them.");
  }
  return kOk;
}

// "If any resource identities (including resolved identities from conditional update/delete) overlap in steps 1-3, then
// the transaction SHALL fail." Two conditional creates that found the same resource change nothing, and may.
Status Transaction::claim_identities() {
  identities_.clear();
  for (Step& step : steps_) {
    if (step.action == Step::Action::get || step.id.empty()) continue;
    const std::string local = step.local(context_.definitions);
    const auto [other, is_new] = identities_.emplace(local, &step);
    if (is_new || (step.action == Step::Action::found && other->second->action == Step::Action::found)) continue;
    return entry_error(step, Category::invalid, "duplicate", "request.url",
                       local + " is already in " + entry_path(other->second->entry.index) +
                           ": a resource can be in a transaction once.");
  }
  return kOk;
}

// The full URLs of everything that a link may mean: what is created, updated or found.
Status Transaction::add_links() {
  for (const Step& step : steps_) {
    if (step.action != Step::Action::put && step.action != Step::Action::found) continue;
    if (step.entry.full_url.empty()) continue;
    LinkTarget target;
    target.local = scratch_.arena.copy(step.local(context_.definitions));
    target.version = version_of(step.current);
    if (step.action == Step::Action::put) ++target.version.value;
    if (!links_.add(step.entry.full_url, target)) {
      return entry_error(step, Category::invalid, "duplicate", "fullUrl", "Another entry has the same fullUrl.");
    }
  }
  return kOk;
}

// A read.
http::Response Transaction::answer(const Step& step) const {
  const http::Request request = entry_request(step.entry, options_.prefer);
  return dispatch(context_, request, negotiate(request), step.entry.path).response;
}

// A transaction whose reads fail must fail as a whole, and after the commit it is too late: so they run before as well,
// but for those of resources that the transaction itself writes.
Status Transaction::check_reads() {
  std::size_t bytes = 0;
  for (const Step& step : steps_) {
    if (step.action != Step::Action::get) continue;
    if (step.entry.route.kind == Route::Kind::instance) {
      const auto writer = identities_.find(step.entry.path.substr(1));
      if (writer != identities_.end() && writer->second->action != Step::Action::nothing) {
        if (writer->second->action != Step::Action::remove) continue;
        return entry_error(step, Category::not_found, "not-found", "request.url", "The same transaction deletes it.");
      }
    }
    const http::Response response = answer(step);
    bytes += response.body.size();
    if (bytes > kMaxBundleAnswerBytes) {
      return entry_error(
          step, Category::too_large, "too-costly", "request.url",
          "The reads of the transaction would answer more than " + std::to_string(kMaxBundleAnswerBytes) + " bytes.");
    }
    if (response.status < 400) continue;
    const bool is_gone = response.status == 404 || response.status == 410;
    return entry_error(step, is_gone ? Category::not_found : Category::invalid, is_gone ? "not-found" : "invalid",
                       "request.url", "The read would answer " + status_line(response.status) + ": " + response.body);
  }
  return kOk;
}

// "SearchParameter.code" is "code" behind the path of its entry.
Error Transaction::below_type(const Step& step, Error error) const {
  const std::string type = std::string(context_.definitions.type(step.entry.route.type).name) + ".";
  for (Issue& issue : error.issues) {
    if (issue.expression.starts_with(type)) issue.expression.erase(0, type.size());
  }
  return error;
}

// 1. DELETE, 2. POST, 3. PUT and PATCH.
Status Transaction::build_writes() {
  Together together;
  for (const Step& step : steps_) {
    const bool is_put = step.action == Step::Action::put;
    if (is_put) together.nodes.push_back(step.entry.resource);
    const bool is_parameter =
        context_.service.parameters != nullptr && context_.service.parameters->type() == step.entry.route.type;
    if (is_parameter && (is_put || step.action == Step::Action::remove)) together.rewritten.push_back(step.id);
  }
  for (http::Method method : {http::Method::delete_, http::Method::post, http::Method::put, http::Method::patch}) {
    for (Step& step : steps_) {
      if (step.entry.method != method) continue;
      Status added = kOk;
      if (step.action == Step::Action::put) {
        added = add_put(context_, *step.entry.resource, step.id, step.current, scratch_, writes_, together);
        if (added.ok()) writes_.writes.back().has_new_id = step.id == step.new_id;
      } else if (step.action == Step::Action::remove) {
        added = add_remove(context_, *step.current, scratch_, writes_);
      } else {
        continue;
      }
      if (!added.ok()) return at_entry(below_type(step, added.take_error()), step.entry.index, "resource");
      writers_.push_back(&step);
    }
  }
  return kOk;
}

Status Transaction::commit() {
  writes_.properties.insert(writes_.properties.end(), options_.properties.begin(), options_.properties.end());
  if (writes_.writes.empty() && writes_.properties.empty()) return kOk;
  if (options_.keep_text) {
    for (std::size_t i = 0; i < writers_.size(); ++i) writers_[i]->tail = writes_.writes[i].tail;
  }
  std::vector<AnsweredPart> answered;
  if (options_.keyed != nullptr) answered = parts();
  VESTA_TRY(const std::vector<store::Written> written, ops::commit(context_, writes_, options_.keyed, answered));
  CHECK(written.size() == writers_.size());
  for (std::size_t i = 0; i < written.size(); ++i) {
    writers_[i]->written = written_version(writes_.writes[i], written[i]);
    writers_[i]->written->tail = std::move(writers_[i]->tail);
  }
  return kOk;
}

std::vector<AnsweredPart> Transaction::parts() const {
  std::vector<AnsweredPart> parts;
  for (const Step& step : steps_) {
    AnsweredPart part{204, step.entry.route.type, step.id, version_of(step.current)};
    switch (step.action) {
      case Step::Action::put:
        part.status = exists(step.current) ? 200 : 201;
        ++part.version.value;
        break;
      case Step::Action::remove:
        ++part.version.value;
        break;
      case Step::Action::found:
        part.status = 200;
        break;
      case Step::Action::nothing:
        part.version = {};
        break;
      case Step::Action::get:
        part = {};
        break;
    }
    parts.push_back(std::move(part));
  }
  return parts;
}

Status Transaction::attempt() {
  links_.undo();
  writes_ = {};
  writers_.clear();
  for (Step& step : steps_) {
    auto identified = identify(step);
    if (!identified.ok()) return at_entry(identified.take_error(), step.entry.index, "request");
  }
  VESTA_CHECK_OK(claim_identities());
  VESTA_CHECK_OK(claim_criteria());
  VESTA_CHECK_OK(check_reads());
  VESTA_CHECK_OK(add_links());
  std::vector<LinkRewriter::ConditionalReference> conditional;
  for (Step& step : steps_) {
    if (step.action != Step::Action::put) continue;
    links_.rewrite(*step.entry.resource, step.entry.index, step.entry.full_url, conditional);
    // R4 leaves open what to do with a link that no entry answers to; stored, it would never mean anything.
    auto checked = check_no_urn_reference(context_, *step.entry.resource);
    if (!checked.ok()) return at_entry(checked.take_error(), step.entry.index, "resource");
  }
  if (!conditional.empty()) {
    ConditionalReferences references(context_, scratch_, steps_, links_, writes_);
    for (const auto& reference : conditional) VESTA_CHECK_OK(references.resolve(reference));
  }
  VESTA_CHECK_OK(build_writes());
  return commit();
}

// 4. The reads, after the commit.
std::vector<EntryResult> Transaction::results() {
  std::vector<EntryResult> results(steps_.size());
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    Step& step = steps_[i];
    EntryResult& result = results[i];
    switch (step.action) {
      case Step::Action::put:
        result.status = exists(step.current) ? 200 : 201;
        result.version = std::move(step.written);
        break;
      case Step::Action::remove:
        result.status = 204;
        result.version = std::move(step.written);
        break;
      case Step::Action::found:
        result.version = std::move(*step.current);
        if (!options_.keep_text) result.version->tail.clear();
        break;
      case Step::Action::nothing:
        result.status = 204;
        break;
      case Step::Action::get:
        result.response = answer(step);
        result.status = result.response->status;
        break;
    }
  }
  return results;
}

Result<std::vector<EntryResult>> Transaction::results_again(std::span<const AnsweredPart> parts) {
  if (parts.size() != steps_.size()) {
    return make_error(Category::internal, "What was answered with an idempotency key is damaged.");
  }
  std::vector<EntryResult> results(steps_.size());
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    EntryResult& result = results[i];
    if (parts[i].status == 0) {
      result.response = answer(steps_[i]);
      result.status = result.response->status;
      continue;
    }
    result.status = parts[i].status;
    VESTA_TRY(result.version, version_again(context_, parts[i]));
    if (!result.version && parts[i].version.value != 0) result.response = answer_unseen(context_, parts[i]);
  }
  return results;
}

}  // namespace

Result<std::vector<EntryResult>> run_transaction(Context& context, fhir::Node& bundle, store::Scratch& scratch,
                                                 const TransactionOptions& options) {
  Transaction transaction(context, scratch, options);
  VESTA_CHECK_OK(transaction.read(bundle));
  Status done = with_retries([&] { return transaction.attempt(); });
  if (options.keyed != nullptr && !options.keyed->is_settled()) {
    VESTA_TRY(const auto answered, options.keyed->answered());
    if (answered) return transaction.results_again(*answered);
  }
  if (!done.ok()) return done.take_error();
  return transaction.results();
}

}  // namespace vesta::ops
