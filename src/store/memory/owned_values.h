// OwnedValues: index values with texts of their own.
#pragma once

#include <string_view>
#include <variant>

#include "fhir/node.h"
#include "search/index_value.h"

namespace vesta::store::memory {

class OwnedValues {
 public:
  explicit OwnedValues(const search::IndexValues& from) : arena_(1024), values_(from) { keep(values_); }
  OwnedValues(const OwnedValues&) = delete;
  OwnedValues& operator=(const OwnedValues&) = delete;

  const search::IndexValues& values() const { return values_; }

 private:
  void keep(search::IndexValues& values) {
    const auto keep_all = [this](auto& of_kind) {
      for (auto& value : of_kind) keep(value);
    };
    keep_all(values.tokens);
    keep_all(values.strings);
    keep_all(values.references);
    keep_all(values.numbers);
    keep_all(values.quantities);
    keep_all(values.uris);
    keep_all(values.words);
    for (auto& composite : values.composites) {
      for (auto& component : composite.components) std::visit([this](auto& value) { keep(value); }, component);
    }
    for (search::Contained& inner : values.contained) {
      keep(inner.id);
      keep(inner.values);
    }
  }
  void keep(std::string_view& text) { text = arena_.copy(text); }
  void keep(search::TokenValue& value) { keep(value.code), keep(value.system); }
  void keep(search::StringValue& value) { keep(value.folded), keep(value.exact); }
  void keep(search::ReferenceValue& value) { keep(value.id); }
  void keep(search::DateValue&) {}
  void keep(search::NumberValue& value) { keep(value.low), keep(value.high); }
  void keep(search::QuantityValue& value) {
    for (std::string_view* text : {&value.low, &value.high, &value.system, &value.code, &value.unit,
                                   &value.canonical_low, &value.canonical_high, &value.canonical_unit}) {
      keep(*text);
    }
  }
  void keep(search::UriValue& value) { keep(value.uri); }
  void keep(search::WordValue& value) { keep(value.word); }

  fhir::Arena arena_;
  search::IndexValues values_;
};

}  // namespace vesta::store::memory
