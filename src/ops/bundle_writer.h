// BundleWriter: writes a Bundle's JSON piece by piece into one text; resources go in as the bytes they are stored as.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace vesta::ops {

// Call order: the total; links and entries, in any order but each without a break; finish. Borrows `out`, which may be
// emptied between two calls.
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
  enum class Part { head, links, entries };

  void comma();
  // Begins the next element of an array, and the array.
  void begin_element(Part part, std::string_view name);

  std::string& out_;
  bool needs_comma_ = true;  // whether the next property of the object that is open stands behind another
  Part part_ = Part::head;
  bool has_links_ = false;
  bool has_entries_ = false;
};

}  // namespace vesta::ops
