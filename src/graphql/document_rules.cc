// A walk over the document: names, fragments, variables, directives, sizes.
#include "graphql/document_rules.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "graphql/directives.h"
#include "graphql/limits.h"

namespace vesta::graphql {
namespace {

// What a selection set comes to, with all fragments in their places.
struct Size {
  std::size_t fields = 0;
  std::size_t depth = 0;
};

class DocumentRules {
 public:
  DocumentRules(const Document& document, Problems& problems) : document_(document), problems_(problems) {}

  void check() {
    check_names();
    for (const Fragment& fragment : document_.fragments) {
      if (!size_of(fragment)) return;
    }
    for (const Operation& operation : document_.operations) check_operation(operation);
    for (const Fragment& fragment : document_.fragments) {
      check_directives(fragment.directives, Place::operation);
      if (!used_fragments_.contains(fragment.name)) {
        report(fragment.offset, "Fragment '" + fragment.name + "' is not used.");
      }
    }
  }

 private:
  enum class Place { field, fragment, operation };

  void report(std::size_t offset, std::string message) { problems_.add(offset, {std::move(message)}); }

  // https://spec.graphql.org/October2021/#sec-Operation-Name-Uniqueness and its like
  void check_names() {
    std::set<std::string_view> operations;
    for (const Operation& operation : document_.operations) {
      if (operation.name.empty() && document_.operations.size() > 1) {
        report(operation.offset, "An operation without a name must be the only one.");
      } else if (!operations.insert(operation.name).second) {
        report(operation.offset, "There are two operations '" + operation.name + "'.");
      }
    }
    std::set<std::string_view> fragments;
    for (const Fragment& fragment : document_.fragments) {
      if (!fragments.insert(fragment.name).second) {
        report(fragment.offset, "There are two fragments '" + fragment.name + "'.");
      }
    }
  }

  // False: it leads to itself. https://spec.graphql.org/October2021/#sec-Fragment-spreads-must-not-form-cycles
  bool size_of(const Fragment& fragment) {
    const auto [found, is_new] = sizes_.try_emplace(fragment.name);
    if (!is_new) {
      if (!open_.contains(fragment.name)) return true;
      report(fragment.offset, "Fragment '" + fragment.name + "' leads to itself.");
      return false;
    }
    open_.insert(fragment.name);
    const auto size = size_of(fragment.selections);
    open_.erase(fragment.name);
    if (size) found->second = *size;
    return size.has_value();
  }

  // Sums stop growing behind the limit. nullopt: a fragment in it leads to itself.
  std::optional<Size> size_of(const std::vector<Selection>& selections) {
    Size total{0, 1};
    for (const Selection& selection : selections) {
      Size size;
      if (selection.kind == Selection::Kind::spread) {
        const Fragment* const fragment = document_.find_fragment(selection.name);
        if (fragment == nullptr) {
          if (reported_.insert(selection.offset).second) {
            report(selection.offset, "There is no fragment '" + selection.name + "'.");
          }
          continue;
        }
        if (!size_of(*fragment)) return std::nullopt;
        size = sizes_[fragment->name];
      } else if (!selection.selections.empty()) {
        const auto inner = size_of(selection.selections);
        if (!inner) return std::nullopt;
        size = *inner;
        if (selection.kind == Selection::Kind::field) ++size.depth;
      }
      if (selection.kind == Selection::Kind::field) ++size.fields;
      total.fields = std::min(total.fields + size.fields, kMaxFields + 1);
      total.depth = std::max(total.depth, std::min(size.depth, kMaxDepth + 1));
    }
    return total;
  }

  void check_operation(const Operation& operation) {
    variables_.clear();
    used_variables_.clear();
    walked_.clear();
    for (const VariableDefinition& variable : operation.variables) {
      if (!variables_.insert(variable.name).second) {
        report(variable.offset, "There are two variables '$" + variable.name + "'.");
      }
    }
    for (const VariableDefinition& variable : operation.variables) {
      check_directives(variable.directives, Place::operation);
    }
    check_directives(operation.directives, Place::operation);
    walk(operation.selections);
    for (const VariableDefinition& variable : operation.variables) {
      if (!used_variables_.contains(variable.name)) {
        report(variable.offset, "Variable '$" + variable.name + "' is not used.");
      }
    }
    const auto size = size_of(operation.selections);
    if (!size) return;
    if (size->fields > kMaxFields) {
      problems_.add(operation.offset, over_limit("kMaxFields", kMaxFields, "fields of an operation"));
    }
    if (size->depth > kMaxDepth) {
      problems_.add(operation.offset, over_limit("kMaxDepth", kMaxDepth, "levels of an operation"));
    }
  }

  void walk(const std::vector<Selection>& selections) {
    for (const Selection& selection : selections) {
      check_arguments(selection.arguments);
      check_directives(selection.directives, selection.kind == Selection::Kind::field ? Place::field : Place::fragment);
      walk(selection.selections);
      if (selection.kind != Selection::Kind::spread || !walked_.insert(selection.name).second) continue;
      used_fragments_.insert(selection.name);
      if (const Fragment* const fragment = document_.find_fragment(selection.name)) walk(fragment->selections);
    }
  }

  void check_arguments(const std::vector<Argument>& arguments) {
    std::set<std::string_view> names;
    for (const Argument& argument : arguments) {
      if (!names.insert(argument.name).second) {
        report(argument.offset, "Argument '" + argument.name + "' is given twice.");
      }
      check_value(argument.value);
    }
  }

  void check_value(const Value& value) {
    if (value.kind == Value::Kind::variable) {
      used_variables_.insert(value.text);
      if (!variables_.contains(value.text)) report(value.offset, "There is no variable '$" + value.text + "'.");
    }
    for (const Value& item : value.items) check_value(item);
  }

  // https://spec.graphql.org/October2021/#sec-Validation.Directives
  void check_directives(const std::vector<Directive>& directives, Place place) {
    std::set<std::string_view> names;
    for (const Directive& directive : directives) {
      check_arguments(directive.arguments);
      const DirectiveDefinition* const known = find_directive(directive.name);
      if (known == nullptr) {
        report(directive.offset, "There is no directive '@" + directive.name + "'.");
        continue;
      }
      const bool is_in_place = place == Place::field || (place == Place::fragment && known->is_for_fragments);
      if (!is_in_place) report(directive.offset, "'@" + directive.name + "' cannot stand here.");
      if (!names.insert(directive.name).second) {
        report(directive.offset, "'@" + directive.name + "' is given twice.");
      }
      check_directive_arguments(directive, *known);
    }
  }

  void check_directive_arguments(const Directive& directive, const DirectiveDefinition& known) {
    for (const Argument& argument : directive.arguments) {
      const bool is_known = std::ranges::any_of(
          known.arguments, [&](const DirectiveArgument& each) { return each.name == argument.name; });
      if (!is_known) {
        report(argument.offset, "'@" + directive.name + "' has no argument '" + argument.name + "'.");
      }
    }
    if (!known.arguments.empty() && directive.arguments.size() != 1) {
      report(directive.offset,
             "'@" + directive.name + "' needs the argument '" + std::string(known.arguments.front().name) + "'.");
    }
  }

  const Document& document_;
  Problems& problems_;
  std::map<std::string_view, Size> sizes_;  // of fragments
  std::set<std::string_view> open_;         // fragments whose size is being found
  std::set<std::uint32_t> reported_;        // spreads of missing fragments
  std::set<std::string_view> used_fragments_;
  // Of the operation that is looked at.
  std::set<std::string_view> variables_, used_variables_, walked_;
};

}  // namespace

const Operation* choose_operation(const Document& document, std::string_view name, Problems& problems) {
  const Operation* chosen = nullptr;
  if (name.empty()) {
    if (document.operations.size() == 1) chosen = &document.operations.front();
  } else {
    for (const Operation& operation : document.operations) {
      if (operation.name == name) chosen = &operation;
    }
  }
  if (chosen == nullptr) {
    problems.add({!name.empty()                 ? "There is no operation '" + std::string(name) + "'."
                  : document.operations.empty() ? "The document has no operation."
                                                : "The document has several operations: name one of them."});
    return nullptr;
  }
  if (chosen->kind == Operation::Kind::query) return chosen;
  const std::string_view kind = chosen->kind == Operation::Kind::mutation ? "mutations" : "subscriptions";
  problems.add(chosen->offset, {"GraphQL is read-only here: there are no " + std::string(kind) + ".",
                                Category::unsupported, "not-supported"});
  return nullptr;
}

void check_document(const Document& document, Problems& problems) {
  DocumentRules(document, problems).check();
}

}  // namespace vesta::graphql
