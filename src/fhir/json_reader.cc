// FHIR JSON to the typed tree: walks the JSON tokens with the element tables, and checks the structure on the way.
#include <cstring>
#include <span>

#include "fhir/json.h"
#include "fhir/primitive.h"
#include "fhir/tree_builder.h"
#include "json/tokens.h"

namespace vesta::fhir {

namespace {

std::string_view describe(json::Kind kind) {
  switch (kind) {
    case json::Kind::object_begin:
      return "an object";
    case json::Kind::array_begin:
      return "an array";
    case json::Kind::string:
      return "a string";
    case json::Kind::number:
      return "a number";
    case json::Kind::true_:
    case json::Kind::false_:
      return "a boolean";
    case json::Kind::null:
      return "null";
    default:
      return "something else";
  }
}

// Builds the tree of one resource. https://hl7.org/fhir/R4/json.html
class JsonTreeBuilder : public TreeBuilder {
 public:
  JsonTreeBuilder(const Definitions& definitions, Notebook& notebook, std::span<const json::Token> tokens, Arena& arena,
                  Completeness completeness)
      : TreeBuilder(definitions, notebook, arena, completeness), tokens_(tokens) {}

  Node* build() {
    if (tokens_[0].kind != json::Kind::object_begin) {
      issue("structure", "A resource is a JSON object, not " + std::string(describe(tokens_[0].kind)));
      return nullptr;
    }
    return read_resource(0);
  }

 private:
  // The resourceType property of the object at `at`, wherever it stands; or null.
  const json::Token* find_resource_type(std::size_t at) const {
    const std::size_t end = tokens_[at].next - 1;
    for (std::size_t key = at + 1; key < end; key = tokens_[key + 1].next) {
      if (tokens_[key].text == "resourceType") return &tokens_[key + 1];
    }
    return nullptr;
  }

  Node* read_resource(std::size_t at) {
    const json::Token* name = find_resource_type(at);
    if (name == nullptr || name->kind != json::Kind::string) {
      issue("structure", "The property resourceType is missing or is not a string");
      return nullptr;
    }
    const TypeId type = resource_type(name->text);
    if (type == kNoType) return nullptr;
    Node* node = arena_.make<Node>();
    node->type = type;
    if (is_at_root()) {
      PathScope scope(*this, definitions_.type(type).name);
      read_object(at, node);
    } else {
      read_object(at, node);
    }
    return node;
  }

  // Reads the properties of the object at `at` as the children of `node`.
  void read_object(std::size_t at, Node* node) {
    Object object = object_of(node);
    const std::size_t end = tokens_[at].next - 1;
    if (at + 1 == end) issue("structure", "An object must not be empty");
    const bool is_resource = definitions_.type(node->type).kind == TypeKind::resource;
    bool has_resource_type = false;
    for (std::size_t key = at + 1; key < end && !is_full(); key = tokens_[key + 1].next) {
      const std::string_view name = tokens_[key].text;
      if (is_resource && name == "resourceType") {
        if (has_resource_type) issue("structure", "The property resourceType occurs twice");
        has_resource_type = true;
      } else {
        read_property(object, name, key + 1);
      }
    }
    if (object.has_null || object.extensions.any()) check_values(object);
    check_required(object);
  }

  void read_property(Object& object, std::string_view name, std::size_t at) {
    const bool is_extension = name.starts_with('_');
    if (is_extension) name.remove_prefix(1);
    const Element* element = find_element(object, name);
    PathScope scope(*this, element == nullptr ? name.substr(0, 64) : element->json_name);
    if (element == nullptr || (is_extension && !is_primitive(*element))) {
      return issue("structure",
                   "Unknown property '" + std::string(is_extension ? "_" : "") + std::string(name.substr(0, 64)) + "'");
    }
    auto& seen = is_extension ? object.extensions : object.values;
    const std::size_t index = index_of(object.type, *element);
    if (seen[index]) return issue("structure", "The property occurs twice");
    seen[index] = true;
    if (element->is_choice) check_choice(object, *element, index);
    if (is_extension) {
      read_list_or_one(scope, *element, at, [&](std::size_t value, std::size_t position) {
        read_primitive_extension(object, *element, value, position);
      });
    } else {
      read_list_or_one(scope, *element, at,
                       [&](std::size_t value, std::size_t position) { read_value(object, *element, value, position); });
    }
  }

  // Calls `read(token, position)` for the one value or for each item of the array, whichever the element has.
  template <class Read>
  void read_list_or_one(PathScope& scope, const Element& element, std::size_t at, Read read) {
    if (!element.is_list) {
      if (tokens_[at].kind == json::Kind::array_begin)
        return issue("structure", "Must not be an array: it occurs once at most");
      return read(at, 0);
    }
    if (tokens_[at].kind != json::Kind::array_begin) {
      return issue("structure", "Must be an array, not " + std::string(describe(tokens_[at].kind)));
    }
    const std::size_t end = tokens_[at].next - 1;
    if (at + 1 == end) return issue("structure", "An array must not be empty");
    std::size_t position = 0;
    for (std::size_t item = at + 1; item < end && !is_full(); item = tokens_[item].next, ++position) {
      scope.set_index(position);
      read(item, position);
    }
    scope.clear_index();
  }

  // The node of a primitive element's repetition `position`, made if it is not there yet (`name` and `_name` come in
  // any order, and each as far as it goes). Repetitions of one element always stand side by side.
  Node* primitive_node(Object& object, const Element& element, std::size_t position) {
    Node* at = object.node->first_child;
    while (at != nullptr && (at->name != element.name || at->type != element.type)) at = at->next;
    if (at == nullptr) return append(object, element, element.type);
    for (; position > 0; --position) {
      if (at->next == nullptr || at->next->name != element.name) {
        Node* node = arena_.make<Node>(*at);
        node->value = {};
        node->has_value = false;
        node->first_child = nullptr;
        at->next = node;
        if (object.last == at) object.last = node;
      }
      at = at->next;
    }
    return at;
  }
  // OPTIMIZATION: without a `_name` before it, a value always makes a new last node.
  Node* value_node(Object& object, const Element& element, std::size_t position) {
    return object.extensions.none() ? append(object, element, element.type) : primitive_node(object, element, position);
  }

  void read_value(Object& object, const Element& element, std::size_t at, std::size_t position) {
    const json::Token& token = tokens_[at];
    if (is_primitive(element)) return read_primitive(object, element, token, position);
    if (token.kind != json::Kind::object_begin) {
      return issue("structure", "Must be an object, not " + std::string(describe(token.kind)));
    }
    if (element.type != kNoType) return read_object(at, append(object, element, element.type));
    Node* resource = read_resource(at);
    if (resource != nullptr) append_resource(object, element, resource);
  }

  void read_primitive(Object& object, const Element& element, const json::Token& token, std::size_t position) {
    if (token.kind == json::Kind::null && element.is_list) {  // its `_name` has an extension at this position
      object.has_null = true;
      value_node(object, element, position);
      return;
    }
    const Primitive primitive = definitions_.type(element.type).primitive;
    bool is_right_kind = token.kind == json::Kind::string;
    if (primitive == Primitive::boolean) {
      is_right_kind = token.kind == json::Kind::true_ || token.kind == json::Kind::false_;
    } else if (is_bare_in_json(primitive)) {
      is_right_kind = token.kind == json::Kind::number;
    }
    if (!is_right_kind) {
      return issue("structure",
                   "Must be " + std::string(describe_form(primitive)) + ", not " + std::string(describe(token.kind)));
    }
    if (!check_form(element.type, token.text)) return;
    Node* node = value_node(object, element, position);
    node->value = token.text;
    node->has_value = true;
    node->needs_escape = token.escaped;
  }

  void read_primitive_extension(Object& object, const Element& element, std::size_t at, std::size_t position) {
    const json::Token& token = tokens_[at];
    if (token.kind == json::Kind::null && element.is_list) {
      primitive_node(object, element, position);
      return;
    }
    if (token.kind != json::Kind::object_begin) {
      return issue("structure", "Must be an object with id or extension, not " + std::string(describe(token.kind)));
    }
    read_object(at, primitive_node(object, element, position));
  }

  // Every primitive has a value or an extension: null on both sides is nothing.
  void check_values(const Object& object) {
    for (const Node& child : object.node->children()) {
      if (definitions_.type(child.type).kind != TypeKind::primitive || child.has_value ||
          child.first_child != nullptr) {
        continue;
      }
      PathScope scope(*this, definitions_.name(child.name));
      issue("structure", "A repetition has neither a value nor an extension");
    }
  }

  const std::span<const json::Token> tokens_;
};

}  // namespace

struct JsonReader::Impl {
  const Definitions& definitions;
  json::Tokenizer tokenizer;
  Notebook notebook;
};

JsonReader::JsonReader(const Definitions& definitions)
    : impl_(std::make_unique<Impl>(Impl{definitions, {}, Notebook(definitions)})) {}
JsonReader::~JsonReader() = default;
JsonReader::JsonReader(JsonReader&&) noexcept = default;

Result<Node*> JsonReader::read(std::string_view text, std::size_t capacity, Arena& arena,
                               const JsonReadOptions& options) {
  if (capacity < text.size() + kJsonPadding) {
    char* padded = arena.bytes(text.size() + kJsonPadding);
    if (!text.empty()) std::memcpy(padded, text.data(), text.size());
    std::memset(padded + text.size(), ' ', kJsonPadding);
    text = {padded, text.size()};
  }
  VESTA_TRY(const std::span<const json::Token> tokens,
            impl_->tokenizer.tokenize(text, arena.resource(), options.max_depth));
  JsonTreeBuilder builder(impl_->definitions, impl_->notebook, tokens, arena, options.completeness);
  Node* root = builder.build();
  if (builder.issues().empty()) return root;
  return Error{Category::invalid, builder.issues().front().diagnostics, std::move(builder.issues())};
}

}  // namespace vesta::fhir
