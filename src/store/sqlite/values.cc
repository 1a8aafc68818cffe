// Values: the blob as a list of entries; a value that is there twice is written once.
#include "store/sqlite/values.h"

#include <algorithm>
#include <compare>
#include <optional>

namespace vesta::store::sqlite {
namespace {

// The head of an entry: number of the parameter, kind, and whether its bytes stand further ahead in the blob.
constexpr int kKindShift = 1;
constexpr int kParamShift = 5;
constexpr std::uint64_t kKindMask = 15;

class Encoder {
 public:
  Encoder(Catalog& catalog, Scope scope) : catalog_(catalog), scope_(scope) {}

  template <class Value>
  void entries(const std::vector<Value>& values, ValueKind kind) {
    for (const Value& value : values) {
      scratch_.clear();
      put_value(catalog_, value, scratch_);
      body(static_cast<std::uint64_t>(catalog_.parameter_number(value.parameter, scope_)) << kParamShift, kind);
    }
  }
  void composites(const std::vector<search::CompositeValue>& values) {
    for (const search::CompositeValue& value : values) {
      head(value.parameter, ValueKind::composite);
      put_varint(value.components.size(), out_);
      for (const search::ComponentValue& component : value.components) {
        scratch_.clear();
        std::visit([&](const auto& part) { put_value(catalog_, part, scratch_); }, component);
        body(0, kind_of(component));
      }
    }
  }
  void positions(const std::vector<search::PositionValue>& values) {
    for (const search::PositionValue& value : values) {
      head(value.parameter, ValueKind::position);
      put_double(value.latitude, out_);
      put_double(value.longitude, out_);
    }
  }
  // Ascending numbers as differences.
  void parameters(std::vector<std::int64_t> numbers, ValueKind kind) {
    if (numbers.empty()) return;
    std::sort(numbers.begin(), numbers.end());
    put_varint(static_cast<std::uint64_t>(kind) << kKindShift, out_);
    put_varint(numbers.size(), out_);
    std::int64_t before = 0;
    for (const std::int64_t number : numbers) {
      put_varint(static_cast<std::uint64_t>(number - before), out_);
      before = number;
    }
  }
  std::string take() { return std::move(out_); }

 private:
  struct Written {
    ValueKind kind;
    std::size_t at;
    std::size_t size;
  };

  void head(search::ParameterId parameter, ValueKind kind) {
    put_varint(static_cast<std::uint64_t>(catalog_.parameter_number(parameter, scope_)) << kParamShift |
                   static_cast<std::uint64_t>(kind) << kKindShift,
               out_);
  }
  // The bytes in `scratch_`, or, if they are there already, how far ahead of the head.
  void body(std::uint64_t head, ValueKind kind) {
    head |= static_cast<std::uint64_t>(kind) << kKindShift;
    for (const Written& one : written_) {
      if (one.kind != kind || one.size != scratch_.size() || out_.compare(one.at, one.size, scratch_) != 0) continue;
      const std::size_t distance = out_.size() - one.at;
      put_varint(head | 1, out_);
      put_varint(distance, out_);
      return;
    }
    put_varint(head, out_);
    if (scratch_.size() > 2) written_.push_back({kind, out_.size(), scratch_.size()});
    out_ += scratch_;
  }

  Catalog& catalog_;
  const Scope scope_;
  std::string out_;
  std::string scratch_;
  std::vector<Written> written_;
};

// The parameters that have a value in the blob, ascending.
std::vector<search::ParameterId> parameters_with_values(const search::IndexValues& values) {
  std::vector<search::ParameterId> ids;
  const auto add = [&ids](const auto& list) {
    for (const auto& value : list) {
      if (ids.empty() || ids.back() != value.parameter) ids.push_back(value.parameter);
    }
  };
  add(values.tokens);
  add(values.strings);
  add(values.references);
  add(values.dates);
  add(values.numbers);
  add(values.quantities);
  add(values.uris);
  add(values.composites);
  add(values.positions);
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

std::vector<std::int64_t> numbers_without(Catalog& catalog, Scope scope, const std::vector<search::ParameterId>& from,
                                          const std::vector<search::ParameterId>& without) {
  std::vector<std::int64_t> numbers;
  for (const search::ParameterId id : from) {
    if (!std::binary_search(without.begin(), without.end(), id)) numbers.push_back(catalog.parameter_number(id, scope));
  }
  return numbers;
}

// The blob has them in the order of the ids at the time of the write, and another process gives other ids. A damaged
// blob may hold what is no number: it must not break the sort.
void sort_values(search::IndexValues& values) {
  std::ranges::sort(values.tokens);
  std::ranges::sort(values.strings);
  std::ranges::sort(values.dates);
  std::ranges::sort(values.numbers);
  std::ranges::sort(values.quantities);
  std::ranges::sort(values.uris);
  std::ranges::sort(values.composites);
  std::ranges::sort(values.positions, [](const search::PositionValue& a, const search::PositionValue& b) {
    if (a.parameter != b.parameter) return a.parameter < b.parameter;
    const std::weak_ordering latitude = std::weak_order(a.latitude, b.latitude);
    return latitude != 0 ? latitude < 0 : std::weak_order(a.longitude, b.longitude) < 0;
  });
}

// Takes entries off the front of a blob.
class Entries {
 protected:
  explicit Entries(std::string_view blob) : blob_(blob), reader_{blob} {}

  static constexpr std::int64_t kNoNumber = -1;
  struct Head {
    std::size_t at = 0;
    std::int64_t param = 0;
    ValueKind kind = ValueKind::date;
    bool is_back = false;
  };

  Head read_head() {
    const std::size_t at = blob_.size() - reader_.rest.size();
    const std::uint64_t head = reader_.varint();
    return {at, static_cast<std::int64_t>(head >> kParamShift), static_cast<ValueKind>(head >> kKindShift & kKindMask),
            (head & 1) != 0};
  }

  void parameters(std::vector<std::int64_t>& numbers, std::int64_t wanted) {
    const std::uint64_t count = reader_.varint();
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < count && reader_.ok; ++i) {
      sum += reader_.varint();
      const auto number = static_cast<std::int64_t>(sum);
      if (wanted == 0 || wanted == number) numbers.push_back(number);
    }
  }

  // OPTIMIZATION: most searches want one parameter of many: the others are not even looked at.
  void skip(const Head& head) {
    if (head.is_back) {
      reader_.varint();
      return;
    }
    if (head.kind != ValueKind::composite) return skip_value(reader_, head.kind);
    const std::uint64_t count = reader_.varint();
    for (std::uint64_t i = 0; i < count && reader_.ok; ++i) {
      const Head component = read_head();
      if (component.is_back)
        reader_.varint();
      else if (component.kind == ValueKind::reference)
        skip_reference();
      else
        skip_value(reader_, component.kind);
    }
  }
  // As a component: type and id.
  void skip_reference() {
    reader_.varint();
    reader_.text();
  }

  std::string_view blob_;
  ByteReader reader_;
};

// Looks at no value.
class PresenceReader : private Entries {
 public:
  explicit PresenceReader(std::string_view blob) : Entries(blob) {}

  bool read(std::vector<StoredPresence>& presence) {
    std::vector<std::int64_t> present, absent, valued;
    while (reader_.ok && !reader_.rest.empty()) {
      const Head head = read_head();
      if (head.kind == ValueKind::present || head.kind == ValueKind::absent) {
        parameters(head.kind == ValueKind::present ? present : absent, 0);
        continue;
      }
      if (valued.empty() || valued.back() != head.param) valued.push_back(head.param);
      skip(head);
    }
    std::ranges::sort(valued);
    valued.erase(std::ranges::unique(valued).begin(), valued.end());
    for (const std::int64_t param : valued) {
      presence.push_back({param, std::ranges::find(absent, param) == absent.end(), true});
    }
    for (const std::int64_t param : present) {
      if (!std::ranges::binary_search(valued, param)) presence.push_back({param, true, false});
    }
    return reader_.ok;
  }

  // What is named present or absent comes first.
  std::optional<bool> find(std::int64_t number) {
    while (reader_.ok && !reader_.rest.empty()) {
      const Head head = read_head();
      if (head.kind == ValueKind::present || head.kind == ValueKind::absent) {
        std::vector<std::int64_t> named;
        parameters(named, number);
        if (reader_.ok && !named.empty()) return head.kind == ValueKind::present;
        continue;
      }
      if (reader_.ok && head.param == number) return true;
      skip(head);
    }
    return reader_.ok ? std::optional(false) : std::nullopt;
  }
};

class Decoder : private Entries {
 public:
  Decoder(const Catalog& catalog, std::string_view blob) : Entries(blob), catalog_(catalog) {}

  bool values(std::int64_t number, search::ParameterId parameter, search::IndexValues& values) {
    while (reader_.ok && !reader_.rest.empty()) {
      const Head head = read_head();
      if (head.kind == ValueKind::present || head.kind == ValueKind::absent) {
        parameters(head.kind == ValueKind::present ? present_ : absent_, number);
        continue;
      }
      // OPTIMIZATION: the values of one parameter stand together; what comes behind them is not looked at.
      if (number != 0 && number != head.param && !valued_.empty()) break;
      std::optional<search::ParameterId> id;
      if (number == 0) {
        id = catalog_.parameter_of(head.param);
      } else if (number == head.param) {
        id = parameter;
      }
      if (id && (valued_.empty() || valued_.back() != *id)) valued_.push_back(*id);
      if (id)
        entry(head, *id, values);
      else
        skip(head);
    }
    note_present(number, parameter, values.present);
    if (number == 0) sort_values(values);
    return reader_.ok;
  }

  bool references(std::int64_t number, std::vector<StoredReference>& references) {
    while (reader_.ok && !reader_.rest.empty()) {
      const Head head = read_head();
      if (head.kind == ValueKind::present || head.kind == ValueKind::absent) {
        parameters(present_, kNoNumber);
      } else if (head.kind == ValueKind::reference) {
        const auto target = static_cast<std::int64_t>(reader_.varint());
        if (reader_.ok && (number == 0 || number == head.param)) references.push_back({head.param, target});
      } else {
        skip(head);
      }
    }
    return reader_.ok;
  }

 private:
  // Calls `read` with a reader that stands at the bytes of the value: behind the head, or further ahead.
  template <class Read>
  void body(const Head& head, const Read& read) {
    if (!head.is_back) return read(reader_);
    const std::uint64_t distance = reader_.varint();
    if (distance > head.at) reader_.ok = false;
    if (!reader_.ok) return;
    ByteReader back{blob_.substr(head.at - distance)};
    read(back);
    reader_.ok = back.ok;
  }

  template <class Value>
  void value(const Head& head, search::ParameterId id, std::vector<Value>& out) {
    Value value{};
    value.parameter = id;
    body(head, [&](ByteReader& reader) { read_value(catalog_, reader, value); });
    if (reader_.ok) out.push_back(value);
  }

  void composite(search::ParameterId id, std::vector<search::CompositeValue>& out) {
    search::CompositeValue value{id, {}};
    const std::uint64_t count = reader_.varint();
    for (std::size_t i = 0; i < count && reader_.ok; ++i) {
      const Head head = read_head();
      body(head, [&](ByteReader& reader) {
        value.components.push_back(
            read_component(catalog_, reader, head.kind, component_id(catalog_, value.parameter, i)));
      });
    }
    if (reader_.ok) out.push_back(std::move(value));
  }

  void entry(const Head& head, search::ParameterId id, search::IndexValues& values) {
    switch (head.kind) {
      case ValueKind::date:
        return value(head, id, values.dates);
      case ValueKind::number:
        return value(head, id, values.numbers);
      case ValueKind::quantity:
        return value(head, id, values.quantities);
      case ValueKind::string:
        return value(head, id, values.strings);
      case ValueKind::token:
        return value(head, id, values.tokens);
      case ValueKind::uri:
        return value(head, id, values.uris);
      case ValueKind::composite:
        return composite(id, values.composites);
      case ValueKind::position: {
        const double latitude = reader_.real();
        const double longitude = reader_.real();
        if (reader_.ok) values.positions.push_back({id, latitude, longitude});
        return;
      }
      case ValueKind::reference:
        reader_.varint();
        return;
      default:
        reader_.ok = false;
    }
  }

  // Present is what has a value and is not named absent, and what is named present without one.
  void note_present(std::int64_t number, search::ParameterId parameter, std::vector<search::ParameterId>& present) {
    if (number != 0) {
      if (!present_.empty() || (!valued_.empty() && absent_.empty())) present.push_back(parameter);
      return;
    }
    for (const std::int64_t found : present_) {
      if (const auto id = catalog_.parameter_of(found)) present.push_back(*id);
    }
    std::vector<search::ParameterId> absent;
    for (const std::int64_t found : absent_)
      absent.push_back(catalog_.parameter_of(found).value_or(search::kNoParameter));
    for (const search::ParameterId id : valued_) {
      if (std::find(absent.begin(), absent.end(), id) == absent.end()) present.push_back(id);
    }
    std::sort(present.begin(), present.end());
    present.erase(std::unique(present.begin(), present.end()), present.end());
  }

  const Catalog& catalog_;
  std::vector<std::int64_t> present_, absent_;
  std::vector<search::ParameterId> valued_;
};

}  // namespace

std::string encode_values(Catalog& catalog, const search::IndexValues& values, Scope scope) {
  Encoder encoder(catalog, scope);
  const std::vector<search::ParameterId> valued = parameters_with_values(values);
  encoder.parameters(numbers_without(catalog, scope, values.present, valued), ValueKind::present);
  encoder.parameters(numbers_without(catalog, scope, valued, values.present), ValueKind::absent);
  encoder.entries(values.dates, ValueKind::date);
  encoder.entries(values.numbers, ValueKind::number);
  encoder.entries(values.quantities, ValueKind::quantity);
  encoder.entries(values.strings, ValueKind::string);
  encoder.entries(values.tokens, ValueKind::token);
  encoder.entries(values.uris, ValueKind::uri);
  encoder.composites(values.composites);
  encoder.positions(values.positions);
  return encoder.take();
}

void append_reference(const StoredReference& reference, std::string& blob) {
  put_varint(static_cast<std::uint64_t>(reference.param) << kParamShift |
                 static_cast<std::uint64_t>(ValueKind::reference) << kKindShift,
             blob);
  put_varint(static_cast<std::uint64_t>(reference.target), blob);
}

bool decode_values(const Catalog& catalog, std::string_view blob, std::int64_t number, search::ParameterId parameter,
                   search::IndexValues& values) {
  return Decoder(catalog, blob).values(number, parameter, values);
}

std::optional<bool> decode_present(std::string_view blob, std::int64_t number) {
  return PresenceReader(blob).find(number);
}

bool decode_presence(std::string_view blob, std::vector<StoredPresence>& presence) {
  return PresenceReader(blob).read(presence);
}

bool decode_references(const Catalog& catalog, std::string_view blob, std::int64_t number,
                       std::vector<StoredReference>& references) {
  return Decoder(catalog, blob).references(number, references);
}

}  // namespace vesta::store::sqlite
