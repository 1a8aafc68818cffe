// When one index value satisfies one match, per parameter type. Each is defined in its type's file.
#pragma once

#include "search/index_value.h"
#include "search/plan.h"

namespace vesta::search::params {

bool matches(const TokenMatch& match, const TokenValue& value);
bool matches(const StringMatch& match, const StringValue& value);
bool matches(const ReferenceMatch& match, const ReferenceValue& value);
bool matches(const ReferenceSetMatch& match, const ReferenceValue& value);
bool matches(const UriSetMatch& match, const UriValue& value);
bool matches(const DateMatch& match, const DateValue& value);
bool matches(const NumberMatch& match, const NumberValue& value);
bool matches(const QuantityMatch& match, const QuantityValue& value);
bool matches(const UriMatch& match, const UriValue& value);
bool matches(const TokenSetMatch& match, const TokenValue& value);
bool matches(const CompositeMatch& match, const CompositeValue& value);
bool matches(const PositionMatch& match, const PositionValue& value);
bool matches(const WordMatch& match, const WordValue& value);

// What numbers and quantities share.
bool matches_number(const NumberMatch& match, DecimalKey low, DecimalKey high);

}  // namespace vesta::search::params
