// BundleWriter: writes a Bundle's JSON piece by piece into one text; resources go in as the bytes they are stored as.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace vesta::ops {

// Call order: total and links, then the entries, then finish. Borrows `out`.
class BundleWriter {
 public:
  // `type`: https://hl7.org/fhir/R4/valueset-bundle-type.html
  BundleWriter(std::string_view type, std::string& out);

  void total(std::uint64_t total);
  void link(std::string_view relation, std::string_view url);

  void begin_entry();
  // The next property of the entry; its JSON value is for the caller to append to `out`.
  void key(std::string_view name);
  // A property with a text.
  void text(std::string_view name, std::string_view value);
  // A nested object of the entry: "search", "request" or "response".
  void begin_object(std::string_view name);
  void end_object();
  void end_entry();

  void finish();

 private:
  void comma();

  std::string& out_;
  bool needs_comma_ = true;  // whether the next property of the object that is open stands behind another
  bool has_link_ = false;
  bool has_entry_ = false;
};

}  // namespace vesta::ops
