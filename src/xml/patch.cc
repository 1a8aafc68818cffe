// Reading of XML Patches, and the way of a document through one.
#include "xml/patch.h"

#include <array>
#include <memory_resource>
#include <utility>
#include <vector>

#include "base/text_position.h"
#include "xml/patch_operation.h"
#include "xml/selection.h"
#include "xml/tokens.h"

namespace vesta::xml {
namespace {

using Verb = PatchOperation::Verb;

// What comes from outside passes expat first: no declarations of types or entities, and no more depth than is taken.
Status check_text(std::string_view text) {
  std::pmr::monotonic_buffer_resource memory;
  Tokenizer tokenizer;
  VESTA_TRY([[maybe_unused]] const auto tokens, tokenizer.tokenize(text, {}, memory));
  return kOk;
}

Error no_memory() {
  return make_error(Category::unavailable, "no memory for an XML document");
}

// The declarations of an element behind those that `around` has.
Namespaces with_declarations(Namespaces around, const pugi::xml_node& element) {
  for (const pugi::xml_attribute& attribute : element.attributes()) {
    if (const auto prefix = declared_prefix(attribute)) around.emplace_back(*prefix, attribute.value());
  }
  return around;
}

std::string_view space_of(const pugi::xml_node& element, const Namespaces& namespaces) {
  return find_namespace(namespaces, prefix_part(element.name())).value_or("");
}

// The number of the value that an attribute has, of those that it may have; the first where there is no attribute.
template <std::size_t N>
Result<std::size_t> choose(const PatchOperation& operation, const char* attribute,
                           const std::array<std::string_view, N>& values) {
  const pugi::xml_attribute given = operation.source.attribute(attribute);
  if (!given) return std::size_t{0};
  std::string list;
  for (std::size_t i = 1; i < N; ++i) {
    if (values[i] == given.value()) return i;
    list += (i == 1 ? "" : ", ") + std::string(values[i]);
  }
  return patch_error(operation, attribute, Category::invalid, "It is one of " + list + ".");
}

// "@name" or "namespace::prefix". https://www.rfc-editor.org/rfc/rfc5261#section-4.3
Status read_type(PatchOperation& operation) {
  const pugi::xml_attribute given = operation.source.attribute("type");
  if (!given) return kOk;
  constexpr std::string_view kAxis = "namespace::";
  std::string_view type = given.value();
  if (type.starts_with('@')) {
    operation.adds = PatchOperation::Adds::attribute;
    type.remove_prefix(1);
  } else if (type.starts_with(kAxis)) {
    operation.adds = PatchOperation::Adds::declaration;
    type.remove_prefix(kAxis.size());
  } else {
    return patch_error(operation, "type", Category::invalid, "It is @ and a name, or namespace:: and a prefix.");
  }
  if (!is_local_name(type) || type.starts_with("xml")) {
    return patch_error(operation, "type", Category::unsupported, "Names with a prefix or of XML itself are not added.");
  }
  operation.name = type;
  return kOk;
}

Status read_details(PatchOperation& operation) {
  constexpr std::array<std::string_view, 4> kPositions = {"", "prepend", "before", "after"};
  constexpr std::array<std::string_view, 4> kSpaces = {"", "before", "after", "both"};
  const bool is_add = operation.verb == Verb::add;
  const bool is_remove = operation.verb == Verb::remove;
  for (const pugi::xml_attribute& attribute : operation.source.attributes()) {
    const std::string_view name = attribute.name();
    const bool is_known = name == "sel" || declared_prefix(attribute).has_value() ||
                          (is_add && (name == "pos" || name == "type")) || (is_remove && name == "ws");
    if (!is_known) return patch_error(operation, name, Category::invalid, "The operation has no such attribute.");
  }
  VESTA_TRY(const std::size_t position, choose(operation, "pos", kPositions));
  VESTA_TRY(const std::size_t space, choose(operation, "ws", kSpaces));
  operation.position = static_cast<PatchOperation::Position>(position);
  operation.space = static_cast<PatchOperation::Space>(space);
  VESTA_CHECK_OK(read_type(operation));
  if (is_remove && operation.source.first_child()) {
    return patch_error(operation, {}, Category::invalid, "A removal has no content.");
  }
  if (operation.adds != PatchOperation::Adds::children && !is_plain_text(operation.source)) {
    return patch_error(operation, {}, Category::invalid, "The value of an attribute is text.");
  }
  return kOk;
}

Status read_selector(PatchOperation& operation, const Namespaces& known) {
  Namespaces namespaces = known;
  namespaces.insert(namespaces.end(), operation.namespaces.begin(), operation.namespaces.end());
  auto selector = parse_selector(operation.source.attribute("sel").value(), namespaces);
  if (!selector.ok()) return patch_error(operation, "sel", selector.error().category, selector.error().message);
  operation.selector = std::move(*selector);
  return kOk;
}

}  // namespace

struct Patch::Impl {
  std::string text;
  pugi::xml_document document;
  std::vector<PatchOperation> operations;

  Status read_operation(const pugi::xml_node& element, const Namespaces& around, const Namespaces& known) {
    PatchOperation operation;
    operation.place = "[" + std::to_string(operations.size()) + "]";
    operation.position_text = describe_position(text, static_cast<std::size_t>(element.offset_debug()));
    operation.source = element;
    operation.namespaces = with_declarations(around, element);
    const std::string_view name = local_part(element.name());
    const bool is_ours = space_of(element, operation.namespaces) == space_of(document.document_element(), around);
    if (!is_ours || (name != "add" && name != "replace" && name != "remove")) {
      return patch_error(operation, {}, Category::invalid, "It is one of add, replace and remove.");
    }
    if (name == "add") operation.verb = Verb::add;
    if (name == "replace") operation.verb = Verb::replace;
    VESTA_CHECK_OK(read_selector(operation, known));
    VESTA_CHECK_OK(read_details(operation));
    operations.push_back(std::move(operation));
    return kOk;
  }

  Status read(const Namespaces& known) {
    const pugi::xml_node root = document.document_element();
    const std::string_view name = local_part(root.name());
    if (name != "patch" && name != "diff") {
      return make_error(Category::invalid, "The root element of an XML Patch is patch or diff.");
    }
    const Namespaces namespaces = with_declarations({}, root);
    for (const pugi::xml_node& child : root.children()) {
      if (child.type() == pugi::node_comment || is_white_space(child)) continue;
      if (child.type() != pugi::node_element) {
        return make_error(Category::invalid, "There is text between the operations of the XML Patch.");
      }
      if (operations.size() == kMaxXmlPatchOperations) {
        return make_error(Category::too_large,
                          "A patch has at most " + std::to_string(kMaxXmlPatchOperations) + " operations.");
      }
      VESTA_CHECK_OK(read_operation(child, namespaces, known));
    }
    if (operations.empty()) return make_error(Category::invalid, "The XML Patch has no operations.");
    return kOk;
  }
};

Patch::Patch(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Patch::~Patch() = default;
Patch::Patch(Patch&&) noexcept = default;
Patch& Patch::operator=(Patch&&) noexcept = default;

Result<Patch> Patch::parse(std::string_view text, const Namespaces& known) {
  VESTA_CHECK_OK(check_text(text));
  auto impl = std::make_unique<Impl>();
  impl->text = text;
  if (!load_tree(text, impl->document)) return no_memory();
  VESTA_CHECK_OK(impl->read(known));
  return Patch(std::move(impl));
}

std::size_t Patch::operation_count() const {
  return impl_->operations.size();
}

Result<std::string> Patch::apply(std::string_view document) const {
  VESTA_CHECK_OK(check_text(document));
  pugi::xml_document tree;
  if (!load_tree(document, tree)) return no_memory();
  for (const PatchOperation& operation : impl_->operations) VESTA_CHECK_OK(apply_operation(operation, tree));
  struct Writer : pugi::xml_writer {
    std::string text;
    void write(const void* data, std::size_t size) override { text.append(static_cast<const char*>(data), size); }
  } writer;
  tree.save(writer, "", pugi::format_raw | pugi::format_no_declaration, pugi::encoding_utf8);
  // Names and declarations that were added can make it something else.
  const Status checked = check_text(writer.text);
  if (!checked.ok()) {
    return make_error(Category::unprocessable, "What the patch makes cannot be read again: " + checked.error().message);
  }
  return std::move(writer.text);
}

}  // namespace vesta::xml
