// Objects that @flatten, @singleton and @slice give another form. https://hl7.org/fhir/R4/graphql.html#flattening
#include <utility>

#include "fhirpath/value.h"
#include "graphql/executor.h"
#include "graphql/limits.h"
#include "json/tokens.h"

namespace vesta::graphql {

void Executor::write_reshaped(Plan& plan, const Item& item, std::string& out) {
  Slots slots;
  collect_slots(plan, item, false, {}, slots);
  out += '{';
  for (const Slot& slot : slots.all) {
    if (out.back() != '{') out += ',';
    json::append_string(slot.key, out);
    out += ':';
    if (slot.is_null) {
      out += "null";
    } else if (slot.is_list) {
      out += '[';
      out += slot.json;
      out += ']';
    } else {
      out += slot.json;
    }
  }
  out += '}';
}

// The fields of an element that is flattened come in its place; of one that may repeat they are lists.
void Executor::collect_slots(Plan& plan, const Item& item, bool is_in_list, const std::string& suffix, Slots& slots) {
  Plan* const known = plan_for(plan, item);
  if (known == nullptr) return;
  for (PlannedField& field : known->fields) {
    if (is_stopped()) return;
    path_.emplace_back(std::string_view(field.key));
    const std::size_t begin = stack_.size();
    if (!find_items(field, item)) {
      slot_of(field, is_in_list, suffix, slots).is_null = true;
    } else if (field.field.kind == Field::Kind::list && !field.flattens && stack_.size() == begin) {
      slot_of(field, true, suffix, slots);
    }
    if (field.flattens && field.is_singleton && stack_.size() > begin + 1) {
      slot_of(field, is_in_list, suffix, slots).is_null = true;
      report_several(field, field.key);
      stack_.resize(begin);
    }
    for (std::size_t i = begin; i < stack_.size() && !is_stopped(); ++i) {
      if (field.field.is_list) path_.emplace_back(i - begin);
      const bool is_ok = collect_value(field, i - begin, Item(stack_[i]), is_in_list, suffix, slots);
      if (field.field.is_list) path_.pop_back();
      if (!is_ok) break;
    }
    stack_.resize(begin);
    path_.pop_back();
  }
}

// False: where it goes is not known, which was reported.
bool Executor::collect_value(PlannedField& field, std::size_t place, const Item& value, bool is_in_list,
                             const std::string& suffix, Slots& slots) {
  std::string name_suffix = suffix;
  if (field.slicing != Slicing::none) {
    const auto slice = slice_text(field, value, place);
    if (!slice) {
      slot_of(field, is_in_list, suffix, slots).is_null = true;
      return false;
    }
    name_suffix += "." + *slice;
  }
  if (field.flattens) {
    charge(1, 0);
    const bool may_repeat = field.field.is_list && !field.is_singleton;
    collect_slots(*field.plan, value, is_in_list || may_repeat, name_suffix, slots);
  } else {
    add_to_slot(field, value, is_in_list, name_suffix, slots);
  }
  return true;
}

// "The server SHALL return an error if there is more than one value when flattening".
void Executor::report_several(const PlannedField& field, const std::string& key) {
  report(field, {"'" + key + "' is to be one value, and there are several.", Category::invalid, "value"});
}

Executor::Slot& Executor::slot_of(const PlannedField& field, bool is_list, const std::string& suffix, Slots& slots) {
  std::string key = field.key + suffix;
  const auto [found, is_new] = slots.index.try_emplace(key, slots.all.size());
  if (is_new) {
    charge(0, key.size() + 4);
    slots.all.push_back({std::move(key), field.field.shape, is_list && !field.is_singleton});
  }
  return slots.all[found->second];
}

void Executor::add_to_slot(PlannedField& field, const Item& item, bool is_in_list, const std::string& suffix,
                           Slots& slots) {
  const bool is_hole = item.node != nullptr && (field.field.kind == Field::Kind::extension
                                                    ? item.node->first_child == nullptr
                                                    : field.field.shape.is_leaf() && !item.node->has_value);
  if (is_hole) return;
  Slot& slot = slot_of(field, is_in_list || field.field.is_list, suffix, slots);
  if (slot.is_null) return;
  // "All the collated children must have the same FHIR type. The server SHALL return an error if they don't".
  if (slot.shape != field.field.shape) {
    slot.is_null = true;
    return report(field, {"'" + slot.key + "' would hold values of different types.", Category::invalid, "value"});
  }
  if (!slot.is_list && slot.count > 0) {
    slot.is_null = true;
    return report_several(field, slot.key);
  }
  if (slot.count++ > 0) slot.json += ',';
  write_value(field, item, slot.json);
}

// The result of the path as a string; of several or no items nothing. nullopt: it fails, which was reported.
std::optional<std::string> Executor::slice_text(const PlannedField& field, const Item& item, std::size_t index) {
  if (field.slicing == Slicing::by_index) return std::to_string(index);
  if (field.slice == nullptr || item.node == nullptr) return std::string();
  if (!evaluate(field, *field.slice, item)) return std::nullopt;
  if (collection_.size() != 1) return std::string();
  const fhirpath::Item& found = collection_.front();
  if (found.kind == fhirpath::Item::Kind::boolean) return found.boolean_value ? "true" : "false";
  const std::string_view text = found.kind == fhirpath::Item::Kind::node ? found.node->value : found.text;
  if (text.size() <= kMaxSliceBytes) return std::string(text);
  Problem problem = over_limit("kMaxSliceBytes", kMaxSliceBytes, "bytes in a name that '@slice' makes");
  problem.category = Category::invalid;  // of this field; the others have their values
  report(field, std::move(problem));
  return std::nullopt;
}

}  // namespace vesta::graphql
