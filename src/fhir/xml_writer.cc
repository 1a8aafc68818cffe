// The typed tree to FHIR XML.
#include <algorithm>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <utility>
#include <vector>

#include "base/check.h"
#include "fhir/xml.h"
#include "xml/escape.h"
#include "xml/tokens.h"

namespace vesta::fhir {

namespace {

// Writes nodes as XML elements. https://hl7.org/fhir/R4/xml.html
//
// A step that finds what XML cannot carry returns false; the steps around it add their names to `path_`.
class XmlTreeWriter {
 public:
  XmlTreeWriter(const Definitions& definitions, const XmlWriteOptions& options, xml::Tokenizer& tokenizer,
                std::string& out)
      : definitions_(definitions), options_(options), tokenizer_(tokenizer), out_(out) {}

  bool write_document(const Node& root) {
    out_ += R"(<?xml version="1.0" encoding="UTF-8"?>)";
    if (options_.pretty) out_.push_back('\n');
    return write_resource(root);
  }
  Error defect() const { return make_error(Category::unsupported, "XML cannot carry " + path_ + ": " + defect_); }

 private:
  // A child with the element that it is an instance of.
  struct Child {
    const Node* node;
    const Element* element;
  };

  bool write_resource(const Node& node) {
    const std::string_view name = definitions_.type(node.type).name;
    out_.push_back('<');
    out_ += name;
    if (depth_ == 0) {
      out_ += R"( xmlns=")";
      out_ += kFhirNamespace;
      out_.push_back('"');
    }
    return write_content(node, name) || fail_in(name);
  }

  // Behind the name of the start tag: the attributes, the children, the end tag.
  bool write_content(const Node& node, std::string_view name) {
    if (node.has_value && !write_attribute(R"( value=")", node.value)) return false;
    if (node.first_child == nullptr) {
      out_ += "/>";
      return true;
    }
    const std::size_t first = children_.size();
    gather_children(node);
    bool has_elements = false;
    for (std::size_t at = first; at < children_.size(); ++at) {
      const Child child = children_[at];
      if (!child.element->is_xml_attribute) {
        has_elements = true;
      } else if (!write_attribute_of(*child.node, child.element->json_name)) {
        return fail_in(child.element->json_name);
      }
    }
    if (!has_elements) {
      out_ += "/>";
    } else {
      out_.push_back('>');
      if (!write_elements(first)) return false;
      out_ += "</";
      out_ += name;
      out_.push_back('>');
    }
    children_.resize(first);
    return true;
  }

  bool write_elements(std::size_t first) {
    ++depth_;
    const std::size_t end = children_.size();
    for (std::size_t at = first; at < end; ++at) {
      const Child child = children_[at];  // a copy: the children of the child come behind it
      if (child.element->is_xml_attribute) continue;
      new_line();
      if (!write_element(*child.node, *child.element)) return fail_in(child.element->json_name);
    }
    --depth_;
    new_line();
    return true;
  }

  bool write_element(const Node& node, const Element& element) {
    if (definitions_.type(node.type).primitive == Primitive::xhtml) return write_narrative(node);
    out_.push_back('<');
    out_ += element.json_name;
    if (element.type != kNoType) return write_content(node, element.json_name);
    out_.push_back('>');
    ++depth_;
    new_line();
    if (!write_resource(node)) return false;
    --depth_;
    new_line();
    out_ += "</";
    out_ += element.json_name;
    out_.push_back('>');
    return true;
  }

  // Pushes the children of `node` in the order of the definition, attributes among them.
  void gather_children(const Node& node) {
    const std::size_t first = children_.size();
    const std::span<const Element> elements = definitions_.type(node.type).elements;
    std::size_t index = 0;
    bool is_in_order = true;
    for (const Node& child : node.children()) {
      index = find_element(elements, child, index);
      is_in_order =
          is_in_order && (children_.size() == first || children_.back().element->order <= elements[index].order);
      children_.push_back({&child, &elements[index]});
    }
    if (is_in_order) return;
    std::stable_sort(children_.begin() + static_cast<std::ptrdiff_t>(first), children_.end(),
                     [](const Child& a, const Child& b) { return a.element->order < b.element->order; });
  }

  // OPTIMIZATION: children mostly come in the order of the definition, so the search goes on at the element before.
  static std::size_t find_element(std::span<const Element> elements, const Node& node, std::size_t begin) {
    for (std::size_t step = 0; step < elements.size(); ++step) {
      const std::size_t at = begin + step < elements.size() ? begin + step : begin + step - elements.size();
      if (elements[at].name == node.name && (!node.is_choice || elements[at].type == node.type)) return at;
    }
    CHECK(false && "a node that is no element of its parent's type");
    return 0;
  }

  bool write_attribute_of(const Node& node, std::string_view name) {
    if (!node.has_value || node.first_child != nullptr) return fail("an attribute has no id or extension");
    return write_attribute(" " + std::string(name) + R"(=")", node.value);
  }

  // `begin`: up to the quote before the value.
  bool write_attribute(std::string_view begin, std::string_view value) {
    out_ += begin;
    if (!xml::append_attribute_value(value, out_)) return fail("it has a character that XML does not have");
    out_.push_back('"');
    return true;
  }

  // The div of a narrative is markup that stands here as it is, so it must be well-formed by itself. Where its start
  // tag names no namespace, which JSON does not need, it gets that of XHTML. https://hl7.org/fhir/R4/narrative.html
  bool write_narrative(const Node& node) {
    constexpr std::string_view kStart = "<div";
    if (!node.has_value || node.first_child != nullptr) return fail("a narrative has no id or extension of its own");
    if (is_div(node.value)) {
      out_ += node.value;
      return true;
    }
    std::string named(node.value);
    if (named.starts_with(kStart)) {
      named.insert(kStart.size(), " xmlns=\"" + std::string(kXhtmlNamespace) + "\"");
    }
    if (!is_div(named)) return fail("it is no well-formed div of XHTML");
    out_ += named;
    return true;
  }

  bool is_div(std::string_view text) {
    std::pmr::monotonic_buffer_resource memory;
    const auto tokens = tokenizer_.tokenize(text, kXhtmlNamespace, memory, xml::kMaxXmlDepth - depth_);
    return tokens.ok() && tokens->size() == 1 && tokens->front().name == "div" &&
           tokens->front().kind == xml::Kind::opaque && tokens->front().value.size() == text.size();
  }

  bool fail(std::string_view defect) {
    defect_ = defect;
    return false;
  }
  bool fail_in(std::string_view name) {
    path_ = path_.empty() ? std::string(name) : std::string(name) + "." + path_;
    return false;
  }

  void new_line() {
    if (!options_.pretty) return;
    out_.push_back('\n');
    out_.append(2 * depth_, ' ');
  }

  const Definitions& definitions_;
  const XmlWriteOptions& options_;
  xml::Tokenizer& tokenizer_;
  std::string& out_;
  std::vector<Child> children_;  // of the elements that are open, the innermost last
  std::size_t depth_ = 0;
  std::string path_;
  std::string defect_;
};

}  // namespace

struct XmlWriter::Impl {
  const Definitions& definitions;
  xml::Tokenizer tokenizer;
};

XmlWriter::XmlWriter(const Definitions& definitions) : impl_(std::make_unique<Impl>(Impl{definitions, {}})) {}
XmlWriter::~XmlWriter() = default;
XmlWriter::XmlWriter(XmlWriter&&) noexcept = default;

Status XmlWriter::write(const Node& root, const XmlWriteOptions& options, std::string& out) {
  const std::size_t size = out.size();
  XmlTreeWriter writer(impl_->definitions, options, impl_->tokenizer, out);
  if (writer.write_document(root)) return kOk;
  out.resize(size);
  return writer.defect();
}

}  // namespace vesta::fhir
