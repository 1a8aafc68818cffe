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

namespace vesta::fhir {

inline constexpr std::size_t kMaxReadIssues = 20;  // a reader stops collecting after so many

// What a text must have. A part is what _summary or _elements leave of a resource: mandatory elements may be missing.
enum class Completeness { whole, part };

// The base of a format's own builder, which walks the text; lives for one resource.
class TreeBuilder {
 public:
  TreeBuilder(const Definitions& definitions, Arena& arena, Completeness completeness)
      : definitions_(definitions), arena_(arena), completeness_(completeness) {}

  std::vector<Issue>& issues() { return issues_; }

 protected:
  static constexpr std::size_t kMaxElements = 0xFF;  // of one type; the generator holds to it

  // One step of the path from the root, on the call stack.
  struct Step {
    std::string_view name;
    std::size_t index = 0;
    bool has_index = false;
  };
  class PathScope {
   public:
    PathScope(TreeBuilder& builder, Step step) : builder_(builder) { builder_.path_.push_back(step); }
    ~PathScope() { builder_.path_.pop_back(); }
    PathScope(const PathScope&) = delete;
    PathScope& operator=(const PathScope&) = delete;

   private:
    TreeBuilder& builder_;
  };
  // The children of one object while it is read.
  struct Object {
    TypeId type = kNoType;
    Node* node = nullptr;
    Node* last = nullptr;
    std::bitset<kMaxElements> values;      // elements that were read, by their index in the type
    std::bitset<kMaxElements> extensions;  // of JSON: primitives whose `_name` was read
    bool has_null = false;                 // of JSON: a null stands in a list
  };

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
  bool check_form(TypeId type, std::string_view text);
  // Every mandatory element is there, unless a part is enough.
  void check_required(const Object& object);

  const Definitions& definitions_;
  Arena& arena_;
  std::vector<Step> path_;

 private:
  static void link(Object& object, Node* node) {
    (object.last == nullptr ? object.node->first_child : object.last->next) = node;
    object.last = node;
  }

  const Completeness completeness_;
  std::vector<Issue> issues_;
  std::string_view text_;
  std::size_t offset_ = 0;
};

}  // namespace vesta::fhir
