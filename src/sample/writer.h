// Writer: resources of one group as JSON text, with the FHIR datatypes that the themes use.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sample/calendar.h"
#include "sample/codes.h"
#include "sample/group.h"

namespace vesta::sample {

// How a resource points to another one of its own group. Shared resources are always named by type and id.
enum class Links {
  relative,  // Patient/<id>
  urn,       // urn:uuid:<id>, for Bundles
};

// A decimal of few digits: 1.50 is {150, 2}. Numbers are rounded once, when they are made, so that sums agree with
// texts.
struct Decimal {
  std::int64_t scaled = 0;
  int digits = 0;

  static Decimal round(double value, int digits);
  double value() const;
};

// Texts are our own tables' and need no escaping; a test parses everything that is written. Not thread-safe.
class Writer {
 public:
  Writer(Group& group, std::uint64_t seed, std::uint64_t stream, Links links)
      : group_(group), out_(group.text), seed_(seed), stream_(stream), links_(links) {}

  // The next id of the group. `type` is static text.
  Ref reserve(std::string_view type) { return {type, make_uuid(seed_, stream_, counter_++), false}; }
  // One resource: `fields` writes what follows its id.
  template <class Fields>
  void resource(const Ref& ref, Fields fields) {
    begin(ref);
    fields();
    end();
  }
  template <class Fields>
  Ref resource(std::string_view type, Fields fields) {
    const Ref ref = reserve(type);
    resource(ref, fields);
    return ref;
  }

  // Structure.
  template <class Fields>
  void object(std::string_view key, Fields fields) {
    name(key);
    braces(fields);
  }
  template <class Items>
  void list(std::string_view key, Items items) {
    name(key);
    out_.push_back('[');
    items();
    out_.push_back(']');
  }
  template <class Fields>
  void item(Fields fields) {
    separate();
    braces(fields);
  }

  // Primitives.
  void text(std::string_view key, std::string_view value);
  void text(std::string_view key, std::string_view value, std::string_view more);  // both parts, together
  void text_list(std::string_view key, std::string_view value);                    // a list of one
  void string_item(std::string_view value);                                        // an item of a list
  void flag(std::string_view key, bool value);
  void integer(std::string_view key, std::int64_t value);
  void number_list(std::string_view key, std::int64_t value);  // a list of one
  void decimal(std::string_view key, Decimal value);
  void date(std::string_view key, Day day);
  void moment(std::string_view key, Moment moment);

  // Datatypes. https://hl7.org/fhir/R4/datatypes.html
  void coding(std::string_view key, const Code& code);
  void concept_of(std::string_view key, const Code& code);
  void concept_of(std::string_view key, const Code& code, const Code& second);
  void concepts(std::string_view key, const Code& code);  // a list of one
  void concepts(std::string_view key, const Code& code, const Code& second);
  void concept_text(std::string_view key, std::string_view text);
  void identifier(std::string_view system, std::string_view value);  // an item
  void reference(std::string_view key, const Ref& ref, std::string_view display = {});
  void references(std::string_view key, const Ref& ref, std::string_view display = {});  // a list of one
  void reference_item(const Ref& ref, std::string_view display = {});
  void quantity(std::string_view key, Decimal value, std::string_view unit, std::string_view ucum);
  void money(std::string_view key, std::int64_t cents);
  void period(std::string_view key, Moment start, Moment end);
  void period_dates(std::string_view key, Day start, Day end);  // an end of kNever is left out

 private:
  void begin(const Ref& ref);
  void end();
  void separate() {
    if (out_.back() != '{' && out_.back() != '[') out_.push_back(',');
  }
  void name(std::string_view key);
  template <class Fields>
  void braces(Fields fields) {
    out_.push_back('{');
    fields();
    out_.push_back('}');
  }
  void quoted(std::string_view value);
  void coding_fields(const Code& code);
  void concept_fields(const Code& code, const Code* second);
  void reference_fields(const Ref& ref, std::string_view display);

  Group& group_;
  std::string& out_;
  std::uint64_t seed_;
  std::uint64_t stream_;
  Links links_;
  std::uint64_t counter_ = 0;
};

}  // namespace vesta::sample
