// What a field is made of: elements, resources that are read, found or referred to, facts of a page.
#include <algorithm>

#include "fhirpath/reference.h"
#include "fhirpath/value.h"
#include "graphql/executor.h"
#include "graphql/introspection.h"
#include "graphql/limits.h"
#include "json/tokens.h"

namespace vesta::graphql {

void Executor::push_text(std::string text) {
  texts_.push_back(std::move(text));
  Item item;
  item.json = texts_.back();
  stack_.push_back(item);
}

// False: the request looks at too much, and has ended.
bool Executor::visit() {
  if (++visits_ <= kMaxVisits) return true;
  stop(over_limit("kMaxVisits", kMaxVisits, "elements that are looked at"));
  return false;
}

bool Executor::find_items(PlannedField& field, const Item& owner) {
  using Kind = Field::Kind;
  offset_ = field.offset;
  if (!visit()) return false;
  const std::size_t begin = stack_.size();
  bool is_ok = true;
  switch (field.field.kind) {
    case Kind::type_name:
    case Kind::resource_type: {
      Item item;
      item.json = field.text;
      stack_.push_back(item);
      break;
    }
    case Kind::element:
    case Kind::extension:
      find_elements(field, owner);
      is_ok = narrow(field, begin, field.skip, field.limit);
      break;
    case Kind::resolved:
      is_ok = find_resolved(field, owner);
      break;
    case Kind::read:
      is_ok = find_read(field);
      break;
    case Kind::list:
    case Kind::connection:
      is_ok = find_searched(field, owner);
      break;
    case Kind::schema:
    case Kind::named: {
      std::string text;
      Introspection introspection(schema_);
      field.field.kind == Kind::schema ? introspection.write_schema(*field.plan, text)
                                       : introspection.write_named_type(*field.plan, field.id, text);
      push_text(std::move(text));
      break;
    }
    default:
      is_ok = find_page_value(field, owner);
      break;
  }
  if (!is_ok) stack_.resize(begin);
  if (field.takes_first && stack_.size() > begin + 1) stack_.resize(begin + 1);
  return is_ok;
}

void Executor::find_elements(const PlannedField& field, const Item& owner) {
  const fhir::Element& element = *field.field.element;
  for (const fhir::Node* child = owner.node->first_child; child != nullptr; child = child->next) {
    ++visits_;
    if (child->name != element.name || (element.is_choice && child->type != element.type)) continue;
    if (!field.filters.empty() && !has_children(*child, field.filters)) continue;
    const bool is_contained = owner.node == owner.resource && contained_ && child->name == *contained_;
    // References in a contained resource lead to what stands beside it.
    const bool is_own = element.type == fhir::kNoType && !is_contained;
    stack_.push_back({child, is_own ? child : owner.resource});
  }
  if (visits_ > kMaxVisits) stop(over_limit("kMaxVisits", kMaxVisits, "elements that are looked at"));
}

// https://hl7.org/fhir/R4/graphql.html#list
bool Executor::has_children(const fhir::Node& node, const std::vector<ElementFilter>& filters) {
  return std::ranges::all_of(filters, [&](const ElementFilter& filter) {
    bool is_absent = true;
    for (const fhir::Node& child : node.children()) {
      ++visits_;
      if (child.name != filter.name || !child.has_value) continue;
      if (filter.type != fhir::kNoType && child.type != filter.type) continue;
      is_absent = false;
      visits_ += filter.values.size();
      if (std::ranges::find(filter.values, child.value) != filter.values.end()) return true;
    }
    return is_absent && filter.takes_absent;
  });
}

bool Executor::narrow(const PlannedField& field, std::size_t begin, std::size_t skip, std::size_t limit) {
  std::size_t kept = begin;
  std::size_t matched = 0;
  for (std::size_t i = begin; i < stack_.size(); ++i) {
    if (field.fhirpath != nullptr) {
      const auto is_wanted = is_true(field, *field.fhirpath, stack_[i]);
      if (!is_wanted) return false;
      if (!*is_wanted) continue;
    }
    const std::size_t place = matched++;
    if (place < skip || place - skip >= limit) continue;
    stack_[kept++] = stack_[i];
  }
  stack_.resize(kept);
  return true;
}

// Fills `collection_`.
bool Executor::evaluate(const PlannedField& field, const fhirpath::Program& program, const Item& item) {
  collection_.clear();
  const fhirpath::Surroundings surroundings{
      .resource = item.resource, .clock = host_.clock, .services = host_.services, .steps = &steps_};
  const Status status = program.evaluate(*item.node, arena_, collection_, surroundings);
  if (steps_ > kMaxFhirpathSteps) {
    stop(over_limit("kMaxFhirpathSteps", kMaxFhirpathSteps, "steps of FHIRPath"));
    return false;
  }
  if (!status.ok()) report(field, problem_of(status.error()));
  return status.ok();
}

// https://hl7.org/fhirpath/N1/#singleton-evaluation-of-collections
std::optional<bool> Executor::is_true(const PlannedField& field, const fhirpath::Program& program, const Item& item) {
  if (!evaluate(field, program, item)) return std::nullopt;
  if (collection_.empty()) return false;
  if (collection_.size() > 1) {
    report(field, {"FHIRPath yields several items where true or false is wanted.", Category::invalid, "value"});
    return std::nullopt;
  }
  const fhirpath::Item& found = collection_.front();
  if (found.kind == fhirpath::Item::Kind::boolean) return found.boolean_value;
  const bool is_boolean = found.kind == fhirpath::Item::Kind::node &&
                          definitions_.type(found.node->type).primitive == fhir::Primitive::boolean &&
                          found.node->has_value;
  return !is_boolean || found.node->value == "true";
}

bool Executor::find_page_value(const PlannedField& field, const Item& owner) {
  using Kind = Field::Kind;
  const SearchPage& page = *owner.page;
  const auto push_cursor = [&](const std::string& cursor) {
    if (cursor.empty()) return;
    std::string text;
    json::append_string(cursor, text);
    push_text(std::move(text));
  };
  switch (field.field.kind) {
    case Kind::count:
      if (page.total) push_text(std::to_string(*page.total));
      break;
    case Kind::offset:
      push_text(std::to_string(page.offset));
      break;
    case Kind::page_size:
      push_text(std::to_string(page.page_size));
      break;
    case Kind::first:
      push_cursor(page.first);
      break;
    case Kind::previous:
      push_cursor(page.previous);
      break;
    case Kind::next:
      push_cursor(page.next);
      break;
    case Kind::last:
      push_cursor(page.last);
      break;
    case Kind::edges:
      for (std::size_t i = 0; i < page.resources.size(); ++i) stack_.push_back({nullptr, nullptr, &page, i});
      break;
    case Kind::mode:
      push_text(R"("match")");
      break;
    case Kind::found:
      stack_.push_back({page.resources[owner.index], page.resources[owner.index]});
      break;
    default:  // no search here gives scores
      break;
  }
  return true;
}

// Null: there is none, or the request has ended. https://hl7.org/fhir/R4/references.html#contained
const fhir::Node* Executor::find_contained(const fhir::Node& resource, std::string_view id) {
  if (!contained_ || !id_) return nullptr;
  for (const fhir::Node& child : resource.children()) {
    if (!visit()) return nullptr;
    if (child.name != *contained_) continue;
    for (const fhir::Node& part : child.children()) {
      if (!visit()) return nullptr;
      if (part.name != *id_) continue;
      if (part.value == id) return &child;
      break;
    }
  }
  return nullptr;
}

// https://hl7.org/fhir/R4/graphql.html#references
bool Executor::find_resolved(const PlannedField& field, const Item& owner) {
  const std::string_view text = reference_ ? owner.node->child_value(*reference_) : std::string_view();
  visits_ += text.size();  // which are read each time
  const fhir::TypeId told = fhirpath::type_of_reference(definitions_, text);
  const bool is_other = field.wanted != fhir::kNoType && told != fhir::kNoType && told != field.wanted;
  if (is_other) return true;
  Item found;
  Problem problem{"This reference leads to no resource that can be read here.", Category::not_found, "not-found"};
  if (text == "#") {
    found = {owner.resource, owner.resource};
  } else if (text.starts_with('#')) {
    found = {find_contained(*owner.resource, text.substr(1)), owner.resource};
    if (is_stopped()) return false;
  } else if (!text.empty()) {
    if (++reads_ > kMaxReads) {
      stop(over_limit("kMaxReads", kMaxReads, "resources that are read one by one"));
      return false;
    }
    const auto read = source_.resolve(text);
    if (read.ok()) {
      found = {*read, *read};
    } else {
      problem = problem_of(read.error());
    }
  }
  if (found.node != nullptr) {
    if (field.wanted == fhir::kNoType || found.node->type == field.wanted) stack_.push_back(found);
    return true;
  }
  const bool is_missing = problem.category == Category::not_found || problem.category == Category::gone;
  if (is_missing && field.is_optional) return true;
  report(field, std::move(problem));
  return false;
}

bool Executor::find_read(const PlannedField& field) {
  if (++reads_ > kMaxReads) {
    stop(over_limit("kMaxReads", kMaxReads, "resources that are read one by one"));
    return false;
  }
  const auto read = source_.read(field.field.shape.type, field.id);
  if (!read.ok()) {
    report(field, problem_of(read.error()));
    return false;
  }
  stack_.push_back({*read, *read});
  return true;
}

// https://hl7.org/fhir/R4/graphql.html#searching
bool Executor::find_searched(const PlannedField& field, const Item& owner) {
  // Nothing refers to what is contained but from beside it. https://hl7.org/fhir/R4/references.html#contained
  if (!field.reference.empty() && owner.node != owner.resource) return true;
  if (++searches_ > kMaxSearches) {
    stop(over_limit("kMaxSearches", kMaxSearches, "searches"));
    return false;
  }
  Search search = field.search;
  if (!field.reference.empty()) {
    const std::string_view id = id_ ? owner.node->child_value(*id_) : std::string_view();
    search.parameters.push_back(
        {field.reference, {std::string(definitions_.type(owner.node->type).name) + "/" + std::string(id)}});
  }
  auto searched = source_.search(search);
  if (!searched.ok()) {
    report(field, problem_of(searched.error()));
    return false;
  }
  const std::size_t begin = stack_.size();
  for (const fhir::Node* const node : searched->resources) stack_.push_back({node, node});
  if (!narrow(field, begin, 0, kMaxListResources)) return false;
  if (field.field.kind == Field::Kind::list) return true;
  searched->resources.clear();
  for (std::size_t i = begin; i < stack_.size(); ++i) searched->resources.push_back(stack_[i].node);
  stack_.resize(begin);
  pages_.push_back(std::move(*searched));
  stack_.push_back({nullptr, nullptr, &pages_.back()});
  return true;
}

}  // namespace vesta::graphql
