// TreeBuilder: what the readers of all formats share: paths and issues, new nodes, and the rules on structure.
#pragma once

#include <bitset>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "fhir/definitions.h"
#include "fhir/node.h"
#include "fhir/primitive.h"
#include "fhir/type_notes.h"

namespace vesta::fhir {

inline constexpr std::size_t kMaxReadIssues = 20;  // a reader stops collecting after so many

// What a text must have. A part is what _summary or _elements leave of a resource: mandatory elements may be missing.
enum class Completeness { whole, part };

// The base of a format's own builder, which walks the text; lives for one resource.
class TreeBuilder {
 public:
  TreeBuilder(const Definitions& definitions, Notebook& notebook, Arena& arena, Completeness completeness)
      : definitions_(definitions), arena_(arena), notebook_(notebook), completeness_(completeness) {}

  std::vector<Issue>& issues() { return issues_; }

 protected:
  static constexpr std::size_t kMaxElements = 0xFF;  // of one type; the generator holds to it

  // One step of the path from the root, on the call stack: each holds on to the one before.
  class PathScope {
   public:
    PathScope(TreeBuilder& builder, std::string_view name) : builder_(builder), before_(builder.path_), name_(name) {
      builder_.path_ = this;
    }
    ~PathScope() { builder_.path_ = before_; }
    PathScope(const PathScope&) = delete;
    PathScope& operator=(const PathScope&) = delete;

    void set_index(std::size_t index) {
      index_ = index;
      has_index_ = true;
    }
    void clear_index() { has_index_ = false; }

   private:
    friend class TreeBuilder;
    TreeBuilder& builder_;
    PathScope* const before_;
    const std::string_view name_;
    std::size_t index_ = 0;
    bool has_index_ = false;
  };
  // The children of one object while it is read.
  struct Object {
    Object(TypeNotes& type_notes, Node* parent) : notes(type_notes), type(parent->type), node(parent) {}

    TypeNotes& notes;
    const TypeId type;
    Node* const node;
    Node* last = nullptr;
    std::size_t before = 0;                // the index of the last element that was read, plus one
    std::bitset<kMaxElements> values;      // elements that were read, by their index in the type
    std::bitset<kMaxElements> extensions;  // of JSON: primitives whose `_name` was read
    bool has_null = false;                 // of JSON: a null stands in a list
  };
  Object object_of(Node* node) { return {notebook_.of(node->type), node}; }

  // The element of the object with this name, or null; it is the last one from now on.
  const Element* find_element(Object& object, std::string_view json_name) {
    const Element* const found = object.notes.find_element(object.before, json_name);
    if (found != nullptr) object.before = index_of(object.type, *found) + 1;
    return found;
  }

  bool is_full() const { return issues_.size() >= kMaxReadIssues; }
  // From now on issues say that they are at this byte of `text`.
  void stand_at(std::string_view text, std::size_t offset) {
    text_ = text;
    offset_ = offset;
  }
  void issue(std::string_view code, std::string message);

  // The type that the name of a resource stands for; kNoType, with an issue, for none.
  TypeId resource_type(std::string_view name);
  bool is_primitive(const Element& element) const {
    return element.type != kNoType && definitions_.type(element.type).kind == TypeKind::primitive;
  }
  std::size_t index_of(TypeId owner, const Element& element) const {
    return static_cast<std::size_t>(&element - definitions_.type(owner).elements.data());
  }

  // A new last child of `object` for `element`.
  Node* append(Object& object, const Element& element, TypeId type) {
    Node* node = arena_.make<Node>();
    node->name = element.name;
    node->type = type;
    node->code_system = element.code_system;
    node->in_list = element.is_list;
    node->is_choice = element.is_choice;
    link(object, node);
    return node;
  }
  // A resource that was read becomes the last child.
  void append_resource(Object& object, const Element& element, Node* resource) {
    resource->name = element.name;
    resource->in_list = element.is_list;
    link(object, resource);
  }

  // Only one alternative of a choice may be there.
  void check_choice(const Object& object, const Element& element, std::size_t index);
  // True if `text` has the form of the primitive type; else there is an issue.
  bool check_form(TypeId type, std::string_view text) {
    if (has_form(definitions_.type(type).primitive, text)) return true;
    refuse_form(type);
    return false;
  }
  // Every mandatory element is there, unless a part is enough.
  void check_required(const Object& object);

  const Definitions& definitions_;
  Arena& arena_;
  bool is_at_root() const { return path_ == nullptr; }

 private:
  void refuse_form(TypeId type);
  static void link(Object& object, Node* node) {
    (object.last == nullptr ? object.node->first_child : object.last->next) = node;
    object.last = node;
  }

  Notebook& notebook_;
  const Completeness completeness_;
  PathScope* path_ = nullptr;  // the last step
  std::vector<Issue> issues_;
  std::string_view text_;
  std::size_t offset_ = 0;
};

}  // namespace vesta::fhir
