// OwnedValues: index values with texts of their own.
#pragma once

#include <string_view>
#include <variant>

#include "fhir/node.h"
#include "search/index_value.h"

namespace vesta::store::memory {

class OwnedValues {
 public:
  explicit OwnedValues(const search::IndexValues& from) : arena_(1024), values_(from) {
    const auto keep_all = [this](auto& values) {
      for (auto& value : values) keep(value);
    };
    keep_all(values_.tokens);
    keep_all(values_.strings);
    keep_all(values_.references);
    keep_all(values_.numbers);
    keep_all(values_.quantities);
    keep_all(values_.uris);
    keep_all(values_.words);
    for (auto& composite : values_.composites) {
      for (auto& component : composite.components) std::visit([this](auto& value) { keep(value); }, component);
    }
  }
  OwnedValues(const OwnedValues&) = delete;
  OwnedValues& operator=(const OwnedValues&) = delete;

  const search::IndexValues& values() const { return values_; }

 private:
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
