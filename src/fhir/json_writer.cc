// The typed tree to FHIR JSON.
#include <algorithm>

#include "fhir/envelope.h"
#include "fhir/json.h"
#include "fhir/primitive.h"
#include "fhir/r4_names.h"
#include "json/tokens.h"

namespace vesta::fhir {

namespace {

constexpr std::string_view kSubsettedTag =
    R"({"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"})";

// Writes nodes as JSON properties. https://hl7.org/fhir/R4/json.html
class JsonTreeWriter {
 public:
  JsonTreeWriter(const Definitions& definitions, const JsonWriteOptions& options, std::string& out)
      : definitions_(definitions), options_(options), out_(out) {}

  void write_resource(const Node& node, bool is_root) {
    open('{');
    begin_property("resourceType");
    json::append_string(definitions_.type(node.type).name, out_);
    const bool is_subset = is_root && (options_.summary != Summary::none || options_.elements != nullptr);
    if (is_subset) {
      write_subset(node);
    } else {
      write_children(node);
    }
    close('}');
  }

  void write_element(const Node& node) { write_value(node); }

  void write_children(const Node& node) {
    for (const Node* child = node.first_child; child != nullptr;) child = write_property(node, child);
  }

  // Writes the property that starts at `first` (all its repetitions); returns the node behind it.
  const Node* write_property(const Node& owner, const Node* first) {
    const Node* end = first->next;
    if (first->in_list) {
      while (end != nullptr && end->name == first->name) end = end->next;
    }
    if (!is_kept(owner, *first)) return end;
    bool has_value = false;
    bool has_extension = false;
    const bool is_primitive = definitions_.type(first->type).kind == TypeKind::primitive;
    if (is_primitive) {
      for (const Node* at = first; at != end; at = at->next) {
        has_value = has_value || at->has_value;
        has_extension = has_extension || at->first_child != nullptr;
      }
    }
    if (!is_primitive || has_value) {
      begin_name(*first, false);
      write_values(first, end, [this](const Node& at) { write_value(at); });
    }
    if (has_extension) {
      begin_name(*first, true);
      write_values(first, end, [this](const Node& at) {
        if (at.first_child == nullptr) {
          out_ += "null";
        } else {
          write_object(at);
        }
      });
    }
    return end;
  }

 private:
  template <class Write>
  void write_values(const Node* first, const Node* end, Write write) {
    if (!first->in_list) return write(*first);
    open('[');
    for (const Node* at = first; at != end; at = at->next) {
      begin_item();
      write(*at);
    }
    close(']');
  }

  void write_value(const Node& node) {
    const Type& type = definitions_.type(node.type);
    if (type.kind == TypeKind::resource) return write_resource(node, false);
    if (type.kind != TypeKind::primitive) return write_object(node);
    if (!node.has_value) {
      out_ += "null";
    } else if (is_bare_in_json(type.primitive)) {
      out_ += node.value;
    } else if (node.needs_escape) {
      json::append_string(node.value, out_);
    } else {
      out_.push_back('"');
      out_ += node.value;
      out_.push_back('"');
    }
  }

  void write_object(const Node& node) {
    open('{');
    write_children(node);
    close('}');
  }

  // Meta comes second in every stored text; where it is missing it is made, for the tag.
  void write_subset(const Node& node) {
    const Node* meta = node.child(names::meta);
    if (meta == nullptr) write_subset_meta(nullptr);
    for (const Node* child = node.first_child; child != nullptr;) {
      if (child == meta) {
        write_subset_meta(meta);
        child = child->next;
      } else {
        child = write_property(node, child);
      }
    }
  }

  void write_subset_meta(const Node* meta) {
    begin_property("meta");
    open('{');
    const Node* first_tag = nullptr;
    bool has_tag = false;
    if (meta != nullptr) {
      first_tag = meta->child(names::tag);
      for (const Node* child = meta->first_child; child != nullptr;) {
        if (child->name == names::tag) {
          child = child->next;
        } else {
          child = write_property(*meta, child);
        }
      }
    }
    begin_property("tag");
    open('[');
    for (const Node* tag = first_tag; tag != nullptr && tag->name == names::tag; tag = tag->next) {
      begin_item();
      const std::size_t begin = out_.size();
      write_object(*tag);
      has_tag = has_tag || std::string_view(out_).substr(begin) == kSubsettedTag;
    }
    if (!has_tag) {
      begin_item();
      out_ += kSubsettedTag;
    }
    close(']');
    close('}');
  }

  // What a summary or _elements leaves of `owner`. https://hl7.org/fhir/R4/search.html#summary
  bool is_kept(const Node& owner, const Node& node) const {
    if (options_.summary == Summary::none && options_.elements == nullptr) return true;
    const Type& type = definitions_.type(owner.type);
    const bool is_top = type.kind == TypeKind::resource && depth_ == 1;
    const Element* element = definitions_.find_element(owner.type, node.name);
    if (element == nullptr) return true;
    if (is_top && (node.name == names::id || node.name == names::meta)) return true;
    switch (options_.summary) {
      case Summary::true_:
        // Inside a datatype everything is kept: the definition's marks are on the elements that use it.
        if (type.kind != TypeKind::datatype && !element->is_summary) return false;
        break;
      case Summary::text:
        if (is_top && node.name != names::text && element->min == 0) return false;
        break;
      case Summary::data:
        if (is_top && node.name == names::text) return false;
        break;
      case Summary::none:
        break;
    }
    if (options_.elements == nullptr || !is_top || element->min > 0) return true;
    const std::string_view name = definitions_.name(node.name);
    return std::find(options_.elements->begin(), options_.elements->end(), name) != options_.elements->end();
  }

  void begin_name(const Node& node, bool is_extension) {
    begin_item();
    out_.push_back('"');
    if (is_extension) out_.push_back('_');
    out_ += definitions_.name(node.name);
    if (node.is_choice) {
      const std::string_view type = definitions_.type(node.type).name;
      out_.push_back(static_cast<char>(type[0] >= 'a' && type[0] <= 'z' ? type[0] - 'a' + 'A' : type[0]));
      out_ += type.substr(1);
    }
    out_ += options_.pretty ? "\": " : "\":";
  }
  void begin_property(std::string_view name) {
    begin_item();
    json::append_string(name, out_);
    out_ += options_.pretty ? ": " : ":";
  }

  void begin_item() {
    if (out_.back() != '{' && out_.back() != '[') out_.push_back(',');
    new_line();
  }
  void open(char bracket) {
    out_.push_back(bracket);
    ++depth_;
  }
  void close(char bracket) {
    --depth_;
    new_line();
    out_.push_back(bracket);
  }
  void new_line() {
    if (!options_.pretty) return;
    out_.push_back('\n');
    out_.append(2 * depth_, ' ');
  }

  const Definitions& definitions_;
  const JsonWriteOptions& options_;
  std::string& out_;
  std::size_t depth_ = 0;
};

}  // namespace

void write_json(const Definitions& definitions, const Node& root, const JsonWriteOptions& options, std::string& out) {
  JsonTreeWriter writer(definitions, options, out);
  if (definitions.type(root.type).kind == TypeKind::resource) {
    writer.write_resource(root, true);
  } else {
    writer.write_element(root);
  }
}

void write_element_json(const Definitions& definitions, const Node& element, std::string& out) {
  const JsonWriteOptions options;
  JsonTreeWriter(definitions, options, out).write_element(element);
}

void write_tail(const Definitions& definitions, const Node& root, std::string& out) {
  const JsonWriteOptions options;
  std::string body = "}";  // never empty, and never ends in a bracket that opens: a property then starts with a comma
  JsonTreeWriter writer(definitions, options, body);
  if (const Node* meta = root.child(names::meta)) {
    body = "\"";  // as if behind lastUpdated
    for (const Node* child = meta->first_child; child != nullptr;) {
      const bool is_ours = child->name == names::versionId || child->name == names::lastUpdated;
      child = is_ours ? child->next : writer.write_property(*meta, child);
    }
    body.erase(0, 1);
    body.push_back('}');
  }
  for (const Node* child = root.first_child; child != nullptr;) {
    const bool is_ours = child->name == names::id || child->name == names::meta;
    child = is_ours ? child->next : writer.write_property(root, child);
  }
  body.push_back('}');
  out += body;
}

}  // namespace vesta::fhir
