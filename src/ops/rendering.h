// Rendering: from the JSON that interactions answer in to the format that was asked for.
#pragma once

#include <cstddef>

#include "http/message.h"
#include "json/tokens.h"
#include "ops/context.h"
#include "ops/negotiation.h"

namespace vesta::ops {

// A Bundle stands around the resources that were read under json::kMaxDepth.
inline constexpr std::size_t kMaxAnswerDepth = json::kMaxDepth + 8;

// Whether an answer in JSON becomes another text.
inline bool is_written_anew(const AnswerForm& form) {
  return form.format == Format::xml || form.is_pretty;
}

// JSON goes out as the bytes that it is, unless it is to be pretty. What is not FHIR, and what XML cannot carry (a
// narrative that is no well-formed XHTML, a control character), stays as it is, and its Content-Type says so.
void render(const Context& context, const AnswerForm& form, http::Response& response);

}  // namespace vesta::ops
