// Parameters of $viewdefinition-run, one by one.
#include "ops/view_question.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "http/media_type.h"
#include "ops/outcome.h"
#include "ops/parquet_answer.h"

namespace vesta::ops {
namespace {

struct RowFormatName {
  std::string_view code;
  std::string_view media_type;
  std::optional<views::RowFormat> format;  // absent: Parquet
};
// Of formats that are as welcome as each other the first is taken.
constexpr std::array<RowFormatName, 4> kRowFormats = {{{"ndjson", "application/x-ndjson", views::RowFormat::ndjson},
                                                       {"csv", "text/csv", views::RowFormat::csv},
                                                       {"json", "application/json", views::RowFormat::json},
                                                       {"parquet", kParquetType, std::nullopt}}};

Error unsupported_parameter(std::string_view name, std::string message) {
  return Error{
      Category::unsupported, {}, {Issue{Severity::error, "not-supported", std::move(message), std::string(name)}}};
}

Error question_error(std::string_view name, std::string message) {
  return Error{Category::invalid, {}, {Issue{Severity::error, "invalid", std::move(message), std::string(name)}}};
}

class ViewQuestionReader {
 public:
  ViewQuestionReader(const Context& context, const Call& call) : definitions_(context.definitions), call_(call) {}

  Result<ViewQuestion> read() {
    for (const auto* parameters : {&call_.parameters, &call_.format}) {
      for (const http::Parameter& parameter : *parameters) VESTA_CHECK_OK(take(parameter, nullptr));
    }
    if (call_.resource != nullptr) {
      for (const fhir::Node& child : call_.resource->children()) {
        if (definitions_.name(child.name) == "parameter") VESTA_CHECK_OK(read_parameter(child));
      }
    }
    if (!has_format_) take_accept_of_rows();
    VESTA_CHECK_OK(check());
    return std::move(question_);
  }

 private:
  // A simple value, the reference of a Reference, or a resource.
  Status read_parameter(const fhir::Node& node) {
    http::Parameter parameter;
    const fhir::Node* resource = nullptr;
    for (const fhir::Node& child : node.children()) {
      const std::string_view name = definitions_.name(child.name);
      if (name == "name") parameter.name = child.value;
      if (name == "resource") resource = &child;
      if (name != "value") continue;
      parameter.value = child.value;
      for (const fhir::Node& part : child.children()) {
        if (definitions_.name(part.name) == "reference") parameter.value = part.value;
      }
    }
    return take(parameter, resource);
  }

  Status take(const http::Parameter& parameter, const fhir::Node* resource) {
    const std::string& name = parameter.name;
    const bool may_repeat = name == "resource" || name == "patient" || name == "group";
    if (!seen_.insert(name).second && !may_repeat) return question_error(name, name + " may be given once.");
    if (name == "viewResource" || name == "resource") {
      if (resource == nullptr) return question_error(name, name + " is a resource in a Parameters body.");
      name == "resource" ? question_.resources.push_back(resource) : void(question_.view = resource);
    } else if (name == "viewReference") {
      question_.reference = parameter;
    } else if (name == "patient") {
      question_.patients.push_back(parameter);
    } else if (name == "group") {
      question_.groups.push_back(parameter);
    } else if (name == "_format") {
      return take_format_of_rows(parameter);
    } else if (name == "header" || name == "_limit" || name == "_since") {
      return take_simple(parameter);
    } else if (name == "source") {
      return unsupported_parameter(name, "There are no other sources of data than the store and 'resource'.");
    } else if (call_.handling == search::Handling::strict) {
      return unknown_parameter(name, call_.route.operation);
    }
    return kOk;
  }

  Status take_simple(const http::Parameter& parameter) {
    const std::string& text = parameter.value;
    if (parameter.name == "header") {
      if (text != "true" && text != "false") return bad_value(parameter, "true or false");
      question_.rows.header = text == "true" ? views::CsvHeader::present : views::CsvHeader::absent;
    } else if (parameter.name == "_since") {
      question_.since = fhir::parse_time_range(text);
      if (!question_.since) return bad_value(parameter, "a date or time");
    } else {
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), question_.rows.max_rows);
      if (error != std::errc() || end != text.data() + text.size() || question_.rows.max_rows > kMaxViewLimit)
        return bad_value(parameter, "a number of rows, up to kMaxViewLimit (" + std::to_string(kMaxViewLimit) + ")");
    }
    return kOk;
  }

  Status take_format_of_rows(const http::Parameter& parameter) {
    has_format_ = true;
    const std::string_view essence = std::string_view(parameter.value).substr(0, parameter.value.find(';'));
    for (const RowFormatName& each : kRowFormats) {
      if (essence != each.code && essence != each.media_type) continue;
      set_format(each);
      return kOk;
    }
    return unsupported_parameter(
        "_format", "The format '" + parameter.value + "' is not offered; rows are ndjson, csv, json or parquet.");
  }

  void set_format(const RowFormatName& chosen) {
    question_.is_parquet = !chosen.format;
    if (chosen.format) question_.rows.format = *chosen.format;
  }

  void take_accept_of_rows() {
    const std::string_view accept = call_.request.headers.get("Accept");
    if (accept.empty()) return;
    std::array<std::string_view, kRowFormats.size()> offers;
    std::transform(kRowFormats.begin(), kRowFormats.end(), offers.begin(),
                   [](const RowFormatName& each) { return each.media_type; });
    const auto chosen = http::choose_media_type(accept, offers);
    question_.is_acceptable = chosen.has_value();
    if (chosen) set_format(kRowFormats[*chosen]);
  }

  Status check() const {
    const int views = static_cast<int>(question_.view != nullptr) + static_cast<int>(question_.reference.has_value());
    if (!call_.route.id.empty() && views > 0)
      return question_error("viewReference", "The path names the view: viewResource and viewReference cannot be here.");
    if (call_.route.id.empty() && views != 1) {
      Error error = question_error("viewResource", "Either viewResource or viewReference is needed.");
      if (views == 0) error.issues.front().code = "required";
      return error;
    }
    const bool chooses = !question_.patients.empty() || !question_.groups.empty() || question_.since.has_value();
    if (!question_.resources.empty() && chooses)
      return question_error("resource", "patient, group and _since choose among resources of the store.");
    return kOk;
  }

  const fhir::Definitions& definitions_;
  const Call& call_;
  ViewQuestion question_;
  std::set<std::string> seen_;
  bool has_format_ = false;
};

}  // namespace

Result<ViewQuestion> read_view_question(const Context& context, const Call& call) {
  return ViewQuestionReader(context, call).read();
}

}  // namespace vesta::ops
