// Resolution of conditional references. https://hl7.org/fhir/R4/http.html#trules
#include "ops/transaction_references.h"

#include <algorithm>
#include <utility>

#include "ops/conditional.h"
#include "ops/outcome.h"
#include "search/extract.h"
#include "search/matcher.h"

namespace vesta::ops {
namespace {

Error no_match(const Context& context, fhir::TypeId type, std::string_view criteria) {
  const std::string text = std::string(context.definitions.type(type).name) + "?" + std::string(criteria);
  return Error{
      Category::precondition,
      {},
      {Issue{Severity::error, "not-found", "No resource matches the conditional reference '" + text + "'.", {}}}};
}

}  // namespace

Status ConditionalReferences::match_steps(const search::Query& query, std::vector<std::string>& ids) {
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const Step& step = steps_[i];
    if (step.action != Step::Action::put || step.entry.route.type != query.type) continue;
    auto values = values_.find(i);
    if (values == values_.end()) {
      VESTA_TRY(search::IndexValues extracted,
                search::extract(context_.registry, *step.entry.resource, scratch_.arena));
      values = values_.emplace(i, std::move(extracted)).first;
    }
    const search::Subject subject{query.type, step.id, context_.clock.now(), &values->second};
    if (search::matches(query.plan, subject)) ids.push_back(step.id);
  }
  return kOk;
}

// The state that counts is the one after this transaction: what it does not touch, and what it writes itself.
Result<std::string> ConditionalReferences::find(fhir::TypeId type, std::string_view criteria) {
  if (found_.size() >= kMaxConditionalLookups) {
    return make_error(Category::too_large, "The transaction has more than " + std::to_string(kMaxConditionalLookups) +
                                               " different conditional references.");
  }
  VESTA_TRY(search::Query query, parse_criteria(context_, type, criteria));
  const auto is_touched = [&](const std::string& id) {
    return std::any_of(steps_.begin(), steps_.end(), [&](const Step& step) {
      return step.entry.route.type == type && step.id == id &&
             (step.action == Step::Action::put || step.action == Step::Action::remove);
    });
  };
  const auto touched = std::count_if(steps_.begin(), steps_.end(), [&](const Step& step) {
    return step.entry.route.type == type && step.current.has_value() && step.action != Step::Action::found;
  });
  store::SearchOptions options;
  options.count = std::min<std::uint32_t>(store::kMaxPageSize, 2 + static_cast<std::uint32_t>(touched));
  store::Condition condition;
  std::vector<std::string> ids;
  for (bool has_more = true; has_more;) {
    VESTA_TRY(store::SearchPage page, context_.store.search(query, options));
    for (const store::Version& version : page.entries) {
      condition.matches.push_back(version.id);
      if (!is_touched(version.id)) ids.push_back(version.id);
    }
    if (ids.size() > 1) return multiple_matches(context_, type, criteria);
    has_more = page.next.has_value();
    if (has_more) options.from = std::move(*page.next);
    if (condition.matches.size() > store::kMaxConditionMatches) {
      return make_error(Category::too_large, "The conditional reference matches more than " +
                                                 std::to_string(store::kMaxConditionMatches) +
                                                 " resources that the transaction itself changes.");
    }
  }
  VESTA_CHECK_OK(match_steps(query, ids));
  if (ids.size() > 1) return multiple_matches(context_, type, criteria);
  if (ids.empty()) return no_match(context_, type, criteria);
  VESTA_TRY(condition.query, context_.store.restricted(query));
  writes_.conditions.push_back(std::move(condition));
  return std::string(context_.definitions.type(type).name) + "/" + ids.front();
}

Status ConditionalReferences::resolve(const LinkRewriter::ConditionalReference& reference) {
  std::pair<fhir::TypeId, std::string> key(reference.type, reference.criteria);
  auto found = found_.find(key);
  if (found == found_.end()) {
    auto local = find(reference.type, reference.criteria);
    if (!local.ok()) {
      Error error = local.take_error();
      error.issues = issues_of(error);
      for (Issue& issue : error.issues)
        issue.expression.clear();  // a parameter, which the text names: no part of a path
      const fhir::Node& resource = *steps_[reference.entry].entry.resource;
      return at_entry(std::move(error), reference.entry,
                      "resource." + path_below(context_.definitions, resource, *reference.node));
    }
    found = found_.emplace(std::move(key), std::move(*local)).first;
  }
  links_.replace(*reference.node, scratch_.arena.copy(found->second));
  return kOk;
}

}  // namespace vesta::ops
