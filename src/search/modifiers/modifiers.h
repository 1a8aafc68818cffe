// Readers of values whose modifier makes something else of them: one family of modifiers per file. `params/parse.h`
// chooses among them by the type of the parameter; callers use that.
#pragma once

#include "search/params/parse.h"

namespace vesta::search::modifiers {

using params::ValueText;

Result<Plan> parse_missing(const ValueText& value);               // all types but composite
Result<Plan> parse_token_text(const ValueText& value);            // token :text
Result<Plan> parse_of_type(const ValueText& value);               // token :of-type
Result<Plan> parse_codes(const ValueText& value);                 // token :in, :not-in, :above, :below
Result<Plan> parse_uri_hierarchy(const ValueText& value);         // uri :above, :below
Result<Plan> parse_reference_type(const ValueText& value);        // reference :[type]
Result<Plan> parse_reference_identifier(const ValueText& value);  // reference :identifier
Result<Plan> parse_reference_hierarchy(const ValueText& value);   // reference :above, :below

// `error` of a source, with the parameter named in its message and issue.
Error named(const ValueText& value, Error error);

}  // namespace vesta::search::modifiers
