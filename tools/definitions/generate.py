#!/usr/bin/env python3
"""Generates the C++ tables of a FHIR version (src/fhir/definitions.h) from its definitions package.

usage: generate.py PACKAGE_DIR OUTPUT_DIR

Types and search parameters beside those of the package stand in the folder `further` beside this script.
Writes OUTPUT_DIR/fhir/r4_tables.cc (the tables) and OUTPUT_DIR/fhir/r4_names.h (constants for names and types).
"""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from cpp_text import quote  # noqa: E402: beside the folders of the generators

FURTHER = pathlib.Path(__file__).resolve().parent / "further"
FHIR_TYPE_EXTENSION = "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type"
STRUCTURES = "http://hl7.org/fhir/StructureDefinition/"
SYSTEM_TYPE = "http://hl7.org/fhirpath/System."
PRIMITIVES = {
    "boolean": "boolean", "integer": "integer", "unsignedInt": "unsigned_int", "positiveInt": "positive_int",
    "decimal": "decimal", "string": "string", "markdown": "markdown", "code": "code", "id": "id", "uri": "uri",
    "url": "url", "canonical": "canonical", "oid": "oid", "uuid": "uuid", "base64Binary": "base64_binary",
    "date": "date", "dateTime": "date_time", "instant": "instant", "time": "time", "xhtml": "xhtml",
}
CPP_KEYWORDS = {
    "class", "for", "operator", "default", "case", "private", "public", "protected", "abstract", "package", "using",
    "import", "export", "register", "and", "or", "not", "new", "delete", "this", "if", "else", "while", "do", "switch",
    "template", "typename", "virtual", "static", "const", "bool", "int", "long", "short", "double", "float", "char",
    "signed", "unsigned", "void", "true", "false", "return", "break", "continue", "goto", "try", "catch", "throw",
    "enum", "struct", "union", "explicit", "inline", "friend", "requires", "concept", "module", "boolean", "auto",
    "namespace", "volatile", "mutable", "extern", "sizeof", "xor",
}


def hash_name(text):
    """FNV-1a, as hash_name() of definitions.h."""
    value = 2166136261
    for byte in text.encode():
        value = ((value ^ byte) * 16777619) & 0xFFFFFFFF
    return value


def identifier(text):
    text = text.replace(".", "_").replace("-", "_")
    return text + "_" if text in CPP_KEYWORDS else text


def capitalize(text):
    return text[0].upper() + text[1:]


def load(package, kind):
    paths = sorted(package.glob(kind + "-*.json")) + sorted(FURTHER.glob(kind + "-*.json"))
    resources = [json.loads(path.read_text()) for path in paths]
    return [resource for resource in resources if resource["resourceType"] == kind]


class TypeTable:
    """Types with their elements, read from the snapshots of the StructureDefinitions."""

    def __init__(self, definitions, value_sets):
        self.types = {}  # name -> dict(base, kind, abstract, elements)
        self.value_sets = {value_set["url"]: value_set for value_set in value_sets if "url" in value_set}
        for definition in definitions:
            is_type = definition.get("derivation", "specialization") == "specialization"
            if is_type and definition["kind"] in ("primitive-type", "complex-type", "resource"):
                self.add_definition(definition)

    def add_definition(self, definition):
        root = definition["type"]
        kind = {"primitive-type": "primitive", "complex-type": "datatype", "resource": "resource"}[definition["kind"]]
        base = definition.get("baseDefinition", "").rsplit("/", 1)[-1] or None
        elements = definition["snapshot"]["element"]
        parents = {element["path"].rpartition(".")[0] for element in elements}
        self.types[root] = {"base": base, "kind": kind, "abstract": definition["abstract"], "elements": [],
                            "url": definition["url"]}
        for element in elements[1:]:
            path = element["path"]
            if path in parents and "type" in element and len(element["type"]) == 1:
                self.types[path] = {"base": element["type"][0]["code"], "kind": "backbone", "abstract": False,
                                    "elements": []}
        for order, element in enumerate(elements[1:]):
            self.add_element(root, kind, element, order, parents)

    def add_element(self, root, kind, element, order, parents):
        path = element["path"]
        parent, _, name = path.rpartition(".")
        if element["max"] == "0" or (kind == "primitive" and name == "value"):
            return  # the value of a primitive is the node's own
        is_choice = name.endswith("[x]")
        if is_choice:
            name = name[:-3]
        if "contentReference" in element:
            codes = [element["contentReference"].lstrip("#")]
        elif path in parents:
            codes = [path]
        else:
            codes = [self.type_code(path, element, code) for code in element["type"]]
        for code in codes:
            self.types[parent]["elements"].append({
                "json_name": name + capitalize(code) if is_choice else name,
                "name": name, "type": code, "min": element["min"], "is_list": element["max"] != "1",
                "is_choice": is_choice, "is_summary": element.get("isSummary", False),
                "is_modifier": element.get("isModifier", False),
                "is_xml_attribute": "xmlAttr" in element.get("representation", []), "order": order,
                "code_system": self.code_system(element) if code == "code" else "",
            })

    def code_system(self, element):
        """The one code system of a code that is bound with strength required; "" where there are none or several."""
        binding = element.get("binding", {})
        if binding.get("strength") != "required":
            return ""
        value_set = self.value_sets.get(binding["valueSet"].split("|")[0], {})
        systems = {include.get("system", "") for include in value_set.get("compose", {}).get("include", [])}
        return systems.pop() if len(systems) == 1 else ""

    @staticmethod
    def type_code(path, element, entry):
        code = entry["code"]
        if not code.startswith(SYSTEM_TYPE):
            return code
        if element.get("base", {}).get("path") == "Resource.id":
            return "id"  # 4.0.1 says string; https://hl7.org/fhir/R4/resource.html#id says id
        for extension in entry.get("extension", []):
            if extension["url"] == FHIR_TYPE_EXTENSION:
                return extension.get("valueUrl", extension.get("valueUri"))
        return "string"  # xhtml.id alone names no FHIR type


def lookup_table(elements):
    size = 8
    while size < 2 * len(elements):
        size *= 2
    slots = [0xFF] * size
    for index, element in enumerate(elements):
        slot = hash_name(element["json_name"]) & (size - 1)
        while slots[slot] != 0xFF:
            slot = (slot + 1) & (size - 1)
        slots[slot] = index
    return slots


def emit_array(out, ctype, name, values):
    """A constexpr array in lines near 120 columns; one dummy where it would be empty."""
    out.append("constexpr %s %s[] = {" % (ctype, name))
    line = "   "
    for value in values or ["0" if ctype.startswith("std::uint") else "{}"]:
        if len(line) + len(value) > 116:
            out.append(line)
            line = "   "
        line += " " + value + ","
    out.append(line)
    out.append("};")


def emit_types(out, types, names, type_ids):
    elements, lookups, rows = [], [], []
    systems = sorted({element["code_system"] for info in types.values() for element in info["elements"]})
    emit_array(out, "std::string_view", "kCodeSystems", [quote(system) for system in systems])
    for name in sorted(types, key=str.encode):
        info = types[name]
        if len(info["elements"]) > 0xFE:
            raise SystemExit("too many elements: " + name)
        first, first_lookup = len(elements), len(lookups)
        for element in info["elements"]:
            is_resource = element["type"] == "Resource"
            elements.append("{%s, %d, %s, %d, %s, %s, %s, %s, %s, %d, %d}" % (
                quote(element["json_name"]), names[element["name"]],
                "kNoType" if is_resource else type_ids[element["type"]], element["min"],
                *("true" if element[key] else "false"
                  for key in ("is_list", "is_choice", "is_summary", "is_modifier", "is_xml_attribute")),
                element["order"], systems.index(element["code_system"])))
        slots = lookup_table(info["elements"])
        lookups.extend(str(slot) for slot in slots)
        primitive = PRIMITIVES[name] if info["kind"] == "primitive" else "none"
        rows.append("{%s, %s, TypeKind::%s, Primitive::%s, %s, {kElements + %d, %d}, {kLookups + %d, %d}}" % (
            quote(name), type_ids[info["base"]] if info["base"] in type_ids else "kNoType", info["kind"], primitive,
            "true" if info["abstract"] else "false", first, len(info["elements"]), first_lookup, len(slots)))
    emit_array(out, "Element", "kElements", elements)
    emit_array(out, "std::uint8_t", "kLookups", lookups)
    emit_array(out, "Type", "kTypes", rows)


def emit_search_parameters(out, parameters, type_ids):
    type_lists, components, rows = [], [], []

    def type_list(codes):
        first = len(type_lists)
        type_lists.extend(str(type_ids[code]) for code in codes)
        return "{kTypeLists + %d, %d}" % (first, len(codes))

    for parameter in sorted(parameters, key=lambda p: (p["code"].encode(), p["url"].encode())):
        first = len(components)
        for component in parameter.get("component", []):
            components.append("{%s, %s}" % (quote(component["definition"]), quote(component["expression"])))
        rows.append("{%s, %s, %s, %s, SearchParamType::%s, %s, %s, {kComponents + %d, %d}}" % (
            quote(parameter["url"]), quote(parameter["code"]), quote(parameter.get("description", "")),
            quote(parameter.get("expression", "")), parameter["type"], type_list(parameter.get("base", [])),
            type_list(parameter.get("target", [])), first, len(components) - first))
    emit_array(out, "TypeId", "kTypeLists", type_lists)
    emit_array(out, "SearchParamComponent", "kComponents", components)
    emit_array(out, "SearchParameter", "kSearchParameters", rows)


def emit_compartments(out, definitions, type_ids):
    # "example" is an illustration that names the Device compartment a second time.
    definitions = [definition for definition in definitions if definition["id"] != "example"]
    rules, rows = [], []
    for code in sorted({definition["code"] for definition in definitions}):
        same = [definition for definition in definitions if definition["code"] == code]  # the package's comes first
        first = len(rules)
        for resource in (resource for definition in same for resource in definition["resource"]):
            rules.extend("{%d, %s}" % (type_ids[resource["code"]], quote(name)) for name in resource.get("param", []))
        rows.append("{%d, %s, {kCompartmentRules + %d, %d}}" % (
            type_ids[code], quote(same[0]["url"]), first, len(rules) - first))
    emit_array(out, "CompartmentRule", "kCompartmentRules", rules)
    emit_array(out, "Compartment", "kCompartments", rows)


def tables_source(package, types, names, type_ids):
    manifest = json.loads((package / "package.json").read_text())
    out = ["// Generated by tools/definitions/generate.py: the tables of FHIR R4.",
           '#include "fhir/definitions.h"', '#include "fhir/structure_url.h"', "",
           "namespace vesta::fhir {", "namespace {", ""]
    emit_array(out, "std::string_view", "kNames", [quote(name) for name in names])
    emit_types(out, types, names, type_ids)
    emit_search_parameters(out, load(package, "SearchParameter"), type_ids)
    emit_compartments(out, load(package, "CompartmentDefinition"), type_ids)
    emit_array(out, "OwnStructureUrl", "kOwnStructureUrls", [
        "{%d, %s}" % (type_ids[name], quote(info["url"])) for name, info in types.items()
        if info.get("url", STRUCTURES + name) != STRUCTURES + name])
    version = next(iter(load(package, "CompartmentDefinition")))["version"]
    out += ["constexpr Tables kTables = {%s, %s, kNames, kCodeSystems, kTypes, kSearchParameters, kCompartments};" % (
                quote(version), quote(manifest["name"] + "@" + manifest["version"])),
            "", "}  // namespace", "", "const Definitions& r4() {",
            "  static const Definitions definitions(kTables);", "  return definitions;", "}", "",
            "std::span<const OwnStructureUrl> r4_own_structure_urls() {", "  return kOwnStructureUrls;", "}", "",
            "}  // namespace vesta::fhir", ""]
    return "\n".join(out)


def names_header(names, type_ids):
    out = ["// Generated by tools/definitions/generate.py: R4's element names and types as constants.",
           "#pragma once", "",
           '#include "fhir/definitions.h"', "", "namespace vesta::fhir::names {"]
    out += ["inline constexpr NameId %s = %d;" % (identifier(name), number) for name, number in names.items()]
    out += ["}  // namespace vesta::fhir::names", "", "namespace vesta::fhir::types {"]
    out += ["inline constexpr TypeId %s = %d;" % (identifier(name), number) for name, number in type_ids.items()]
    out += ["}  // namespace vesta::fhir::types", ""]
    return "\n".join(out)


def main():
    package, output = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    types = TypeTable(load(package, "StructureDefinition"), load(package, "ValueSet")).types
    element_names = {element["name"] for info in types.values() for element in info["elements"]}
    names = {name: number for number, name in enumerate(sorted(element_names, key=str.encode))}
    type_ids = {name: number for number, name in enumerate(sorted(types, key=str.encode))}
    (output / "fhir").mkdir(parents=True, exist_ok=True)
    (output / "fhir" / "r4_tables.cc").write_text(tables_source(package, types, names, type_ids))
    (output / "fhir" / "r4_names.h").write_text(names_header(names, type_ids))


main()
