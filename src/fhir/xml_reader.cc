// FHIR XML to the typed tree: walks the XML tokens with the element tables, and checks the structure on the way.
#include <span>
#include <utility>

#include "fhir/xml.h"
#include "json/tokens.h"
#include "xml/tokens.h"

namespace vesta::fhir {

namespace {

std::string quoted(std::string_view name) {
  return "'" + std::string(name.substr(0, 64)) + "'";
}

// Builds the tree of one resource. https://hl7.org/fhir/R4/xml.html
class XmlTreeBuilder : public TreeBuilder {
 public:
  XmlTreeBuilder(const Definitions& definitions, Notebook& notebook, std::string_view text,
                 std::span<const xml::Token> tokens, Arena& arena, Completeness completeness)
      : TreeBuilder(definitions, notebook, arena, completeness), source_(text), tokens_(tokens) {}

  Node* build() { return read_resource(0); }

 private:
  // How deep the JSON of the resource is nested there, which has a limit of its own.
  class DepthScope {
   public:
    DepthScope(XmlTreeBuilder& builder, std::size_t levels) : builder_(builder), levels_(levels) {
      builder_.depth_ += levels_;
    }
    ~DepthScope() { builder_.depth_ -= levels_; }
    DepthScope(const DepthScope&) = delete;
    DepthScope& operator=(const DepthScope&) = delete;

   private:
    XmlTreeBuilder& builder_;
    const std::size_t levels_;
  };

  void issue_at(const xml::Token& token, std::string_view code, std::string message) {
    stand_at(source_, token.offset);
    issue(code, std::move(message));
  }
  bool is_too_deep(const xml::Token& token) {
    if (depth_ <= json::kMaxDepth) return false;
    issue_at(token, "structure",
             "More levels than the " + std::to_string(json::kMaxDepth) + " that its JSON may have (kMaxDepth)");
    return true;
  }
  bool is_in_namespace(const xml::Token& token, std::string_view space) {
    if (token.space == space) return true;
    issue_at(token, "structure",
             "The element " + quoted(token.name) + " must be in the namespace " + std::string(space));
    return false;
  }

  // The name of the element at `at` is the type. https://hl7.org/fhir/R4/xml.html
  Node* read_resource(std::size_t at) {
    const xml::Token& token = tokens_[at];
    if (!is_in_namespace(token, kFhirNamespace)) return nullptr;
    stand_at(source_, token.offset);
    const TypeId type = resource_type(token.name);
    if (type == kNoType) return nullptr;
    const DepthScope depth(*this, 1);
    Node* node = arena_.make<Node>();
    node->type = type;
    if (is_at_root()) {
      const PathScope scope(*this, definitions_.type(type).name);
      read_content(at, node);
    } else {
      read_content(at, node);
    }
    return node;
  }

  // Where the reader is among the children of one element.
  struct Place {
    const Element* element = nullptr;  // the last one
    std::size_t position = 0;          // how often it was there before
  };

  // Reads the attributes and the content of the element at `at` into `node`.
  void read_content(std::size_t at, Node* node) {
    const xml::Token& begin = tokens_[at];
    if (is_too_deep(begin)) return;
    Object object = object_of(node);
    Place place;
    const std::size_t end = begin.next - 1;
    for (std::size_t child = at + 1; child < end && !is_full(); child = tokens_[child].next) {
      const xml::Token& token = tokens_[child];
      if (token.kind == xml::Kind::attribute) {
        read_attribute(object, token);
      } else if (token.kind == xml::Kind::text) {
        issue_at(token, "structure", "Text is for narratives only: values are attributes");
      } else {
        read_element(object, place, child);
      }
    }
    if (at + 1 == end && definitions_.type(node->type).kind != TypeKind::resource) {
      issue_at(begin, "structure", "An element must not be empty: it has a value, or elements inside");
    }
    stand_at(source_, begin.offset);
    check_required(object);
  }

  // A value, or an element that the definition has as an attribute: `id`, an extension's `url`.
  void read_attribute(Object& object, const xml::Token& token) {
    const bool is_primitive_type = definitions_.type(object.type).kind == TypeKind::primitive;
    if (is_primitive_type && token.space.empty() && token.name == "value") {
      return set_value(object.node, token, token.value);
    }
    const Element* element = token.space.empty() ? find_element(object, token.name) : nullptr;
    if (element == nullptr || !element->is_xml_attribute) {
      return issue_at(token, "structure", "Unknown attribute " + quoted(token.name));
    }
    object.values[index_of(object.type, *element)] = true;
    const PathScope scope(*this, element->json_name);
    set_value(append(object, *element, element->type), token, token.value);
  }

  void set_value(Node* node, const xml::Token& token, std::string_view value) {
    stand_at(source_, token.offset);
    if (!check_form(node->type, value)) return;
    node->value = value;
    node->has_value = true;
    node->needs_escape = json::needs_escape(value);
  }

  void read_element(Object& object, Place& place, std::size_t at) {
    const xml::Token& token = tokens_[at];
    const Element* element = find_element(object, token.name);
    if (element == nullptr || element->is_xml_attribute) {
      return issue_at(token, "structure", "Unknown element " + quoted(token.name));
    }
    if (!check_place(place, *element, token)) return;
    const std::size_t index = index_of(object.type, *element);
    PathScope scope(*this, element->json_name);
    if (element->is_list) scope.set_index(place.position);
    if (object.values[index] && !element->is_list) {
      return issue_at(token, "structure", "The element occurs twice: it occurs once at most");
    }
    object.values[index] = true;
    stand_at(source_, token.offset);
    if (element->is_choice) check_choice(object, *element, index);
    const bool is_xhtml = is_primitive(*element) && definitions_.type(element->type).primitive == Primitive::xhtml;
    if (!is_in_namespace(token, is_xhtml ? kXhtmlNamespace : kFhirNamespace)) return;
    const DepthScope depth(*this, levels_of(*element, at));
    if (element->type == kNoType) {
      read_nested(object, *element, at);
    } else if (is_xhtml && token.kind == xml::Kind::dependent) {
      issue_at(token, "structure",
               (token.value.empty() ? std::string("The default namespace")
                                    : "The namespace of the prefix " + quoted(token.value)) +
                   " must be declared inside of the narrative, which is kept as its bytes");
    } else if (is_xhtml) {
      set_value(append(object, *element, element->type), token, token.value);
    } else {
      read_content(at, append(object, *element, element->type));
    }
  }

  // How many levels the element has in JSON: its array, and its object; a primitive has one for `_name` alone. That of
  // a nested resource is its own.
  std::size_t levels_of(const Element& element, std::size_t at) const {
    const std::size_t list = element.is_list ? 1 : 0;
    if (element.type == kNoType) return list;
    if (!is_primitive(element)) return list + 1;
    const bool has_value_alone = tokens_[at].next == at + 3 && tokens_[at + 1].name == "value";
    return list + (has_value_alone ? 0 : 1);
  }

  // "Elements must always appear in the order documented": https://hl7.org/fhir/R4/xml.html
  bool check_place(Place& place, const Element& element, const xml::Token& token) {
    if (place.element != nullptr && element.order < place.element->order) {
      const PathScope scope(*this, element.json_name);
      issue_at(token, "structure", "Out of order: must stand before " + quoted(place.element->json_name));
      return false;
    }
    place.position = place.element == &element ? place.position + 1 : 0;
    place.element = &element;
    return true;
  }

  // An element around one resource. https://hl7.org/fhir/R4/references.html#contained
  void read_nested(Object& object, const Element& element, std::size_t at) {
    const std::size_t end = tokens_[at].next - 1;
    bool has_resource = false;
    for (std::size_t child = at + 1; child < end && !is_full(); child = tokens_[child].next) {
      const xml::Token& token = tokens_[child];
      if (token.kind == xml::Kind::attribute) {
        issue_at(token, "structure", "Unknown attribute " + quoted(token.name));
      } else if (token.kind == xml::Kind::text || has_resource) {
        issue_at(token, "structure", "There must be one resource, and nothing beside it");
      } else {
        has_resource = true;
        if (Node* resource = read_resource(child)) append_resource(object, element, resource);
      }
    }
    if (!has_resource) issue_at(tokens_[at], "structure", "A resource is missing");
  }

  const std::string_view source_;
  const std::span<const xml::Token> tokens_;
  std::size_t depth_ = 0;
};

}  // namespace

struct XmlReader::Impl {
  const Definitions& definitions;
  xml::Tokenizer tokenizer;
  Notebook notebook;
};

XmlReader::XmlReader(const Definitions& definitions)
    : impl_(std::make_unique<Impl>(Impl{definitions, {}, Notebook(definitions)})) {}
XmlReader::~XmlReader() = default;
XmlReader::XmlReader(XmlReader&&) noexcept = default;

Result<Node*> XmlReader::read(std::string_view text, Arena& arena, Completeness completeness) {
  VESTA_TRY(const std::span<const xml::Token> tokens,
            impl_->tokenizer.tokenize(text, kXhtmlNamespace, arena.resource()));
  XmlTreeBuilder builder(impl_->definitions, impl_->notebook, text, tokens, arena, completeness);
  Node* root = builder.build();
  if (builder.issues().empty()) return root;
  return Error{Category::invalid, builder.issues().front().diagnostics, std::move(builder.issues())};
}

}  // namespace vesta::fhir
