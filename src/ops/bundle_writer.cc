// Writing of Bundles. https://hl7.org/fhir/R4/bundle.html
#include "ops/bundle_writer.h"

#include <utility>

#include "base/check.h"
#include "json/tokens.h"

namespace vesta::ops {

BundleWriter::BundleWriter(std::string_view type, std::string& out) : out_(out) {
  out_ += R"({"resourceType":"Bundle","type":")";
  out_ += type;
  out_ += '"';
}

void BundleWriter::total(std::uint64_t total) {
  CHECK(part_ == Part::head);
  out_ += R"(,"total":)";
  out_ += std::to_string(total);
}

void BundleWriter::begin_element(Part part, std::string_view name) {
  if (part_ == part) {
    out_ += ",{";
    return;
  }
  bool& has_part = part == Part::links ? has_links_ : has_entries_;
  CHECK(!std::exchange(has_part, true));
  if (part_ != Part::head) out_ += ']';
  part_ = part;
  out_ += ",\"";
  out_ += name;
  out_ += "\":[{";
}

void BundleWriter::link(std::string_view relation, std::string_view url) {
  begin_element(Part::links, "link");
  out_ += R"("relation":")";
  out_ += relation;
  out_ += R"(","url":)";
  json::append_string(url, out_);
  out_ += '}';
}

void BundleWriter::begin_entry() {
  begin_element(Part::entries, "entry");
  needs_comma_ = false;
}

void BundleWriter::comma() {
  if (std::exchange(needs_comma_, true)) out_ += ',';
}

void BundleWriter::key(std::string_view name) {
  comma();
  out_ += '"';
  out_ += name;
  out_ += R"(":)";
}

void BundleWriter::text(std::string_view name, std::string_view value) {
  key(name);
  json::append_string(value, out_);
}

void BundleWriter::begin_object(std::string_view name) {
  key(name);
  out_ += '{';
  needs_comma_ = false;
}

void BundleWriter::end_object() {
  out_ += '}';
  needs_comma_ = true;
}

void BundleWriter::end_entry() {
  out_ += '}';
}

void BundleWriter::finish() {
  out_ += part_ == Part::head ? "}" : "]}";
}

}  // namespace vesta::ops
