// Values, resources and parts of a patch as nodes.
#include "fhirpath/patch_content.h"

#include <utility>

#include "fhirpath/value.h"

namespace vesta::fhirpath {
namespace {

using fhir::Element;
using fhir::Node;
using fhir::TypeId;

// One primitive may stand for another where their lexical forms are of one family: the form itself is checked when the
// resource is read again. https://hl7.org/fhir/R4/fhirpath.html#types has which ones FHIRPath converts by itself.
bool converts(Item::Kind from, Item::Kind to) {
  return from == to || (from == Item::Kind::integer && to == Item::Kind::decimal) ||
         (from == Item::Kind::date && to == Item::Kind::date_time);
}

}  // namespace

Error misfit(const std::string& place, std::string message) {
  return Error{Category::unprocessable, {}, {Issue{Severity::error, "processing", std::move(message), place}}};
}

PatchContent::PatchContent(const fhir::Definitions& definitions, fhir::Arena& arena)
    : definitions_(definitions),
      arena_(arena),
      name_(*definitions.find_name("name")),
      value_(*definitions.find_name("value")),
      part_(*definitions.find_name("part")),
      resource_(*definitions.find_name("resource")) {}

bool PatchContent::fits(const Element& element, TypeId content) const {
  if (element.type == fhir::kNoType || content == fhir::kNoType) return false;
  const fhir::Primitive wanted = definitions_.type(element.type).primitive;
  const fhir::Primitive given = definitions_.type(content).primitive;
  if (wanted == fhir::Primitive::none || given == fhir::Primitive::none) {
    return definitions_.is_a(content, element.type);
  }
  return converts(system_kind(given), system_kind(wanted));
}

// The element of that name; of a choice the alternative that has the content's type, or else takes it.
const Element* PatchContent::find(TypeId owner, std::string_view name, TypeId content) const {
  const Element* found = definitions_.find_element(owner, name);
  if (found != nullptr) return found;
  for (const Element& element : definitions_.type(owner).elements) {
    if (!element.is_choice || definitions_.name(element.name) != name) continue;
    if (element.type == content) return &element;
    if (found == nullptr || (!fits(*found, content) && fits(element, content))) found = &element;
  }
  return found;
}

Node* PatchContent::new_node(const Element& element, TypeId type) const {
  Node* const node = arena_.make<Node>();
  node->name = element.name;
  node->type = type;
  node->code_system = element.code_system;
  node->in_list = element.is_list;
  node->is_choice = element.is_choice;
  return node;
}

// As deep as the reader of the patch lets it be. The patch itself stays as it is: it may be applied again.
Node* PatchContent::copy(const Node& node) const {
  Node* const made = arena_.make<Node>(node);
  made->next = nullptr;
  Node** link = &made->first_child;
  for (const Node& child : node.children()) {
    *link = copy(child);
    link = &(*link)->next;
  }
  *link = nullptr;
  return made;
}

Result<Node*> PatchContent::make(TypeId owner, std::string_view name, const Node& part,
                                 const std::string& place) const {
  const Node* const value = part.child(value_);
  const Node* const resource = part.child(resource_);
  const Element* const element = find(owner, name, value == nullptr ? fhir::kNoType : value->type);
  const std::string path = std::string(definitions_.type(owner).name) + "." + std::string(name);
  if (element == nullptr) return misfit(place, path + " is not defined.");
  if (part.child(part_) != nullptr) {
    if (value != nullptr || resource != nullptr) return misfit(place, "It has parts, and a value or a resource.");
    return from_parts(*element, part, place);
  }
  const Node* const content = value == nullptr ? resource : value;
  if (content == nullptr || (value != nullptr && resource != nullptr)) {
    return misfit(place, "It needs a value, a resource, or parts.");
  }
  const bool is_resource = element->type == fhir::kNoType;
  if (is_resource ? resource == nullptr : (resource != nullptr || !fits(*element, value->type))) {
    const std::string wanted = is_resource ? "resource" : std::string(definitions_.type(element->type).name);
    return misfit(place,
                  path + " is of type " + wanted + ", not " + std::string(definitions_.type(content->type).name) + ".");
  }
  Node* const made = new_node(*element, is_resource ? content->type : element->type);
  const Node* const copied = copy(*content);
  made->first_child = copied->first_child;
  made->value = content->value;
  made->has_value = content->has_value;
  made->needs_escape = content->needs_escape;
  return made;
}

Result<Node*> PatchContent::from_parts(const Element& element, const Node& part, const std::string& place) const {
  if (element.type == fhir::kNoType) return misfit(place, "A resource is given as a resource, not by parts.");
  Node* const made = new_node(element, element.type);
  std::size_t number = 0;
  for (const Node& child : part.children()) {
    if (child.name != part_) continue;
    const std::string at = place + ".part[" + std::to_string(number++) + "]";
    VESTA_TRY(Node* const below, make(element.type, child.child_value(name_), child, at));
    if (!append(*made, *below)) return misfit(at, "The element is no list, and is there already.");
  }
  return made;
}

// The items of a list stand together: https://hl7.org/fhir/R4/json.html#repeat
bool PatchContent::append(Node& owner, Node& child) {
  Node* before = nullptr;
  for (Node* at = owner.first_child; at != nullptr; at = at->next) {
    const bool is_same = at->name == child.name;
    if (is_same && !child.in_list) return false;
    if (is_same || before == nullptr || before->name != child.name) before = at;
  }
  Node*& link = before == nullptr ? owner.first_child : before->next;
  child.next = link;
  link = &child;
  return true;
}

}  // namespace vesta::fhirpath
