#!/usr/bin/env python3
"""The style that a machine can check: module ranks, includes, sizes of files and functions, names, first lines, words.

Run without arguments it checks this project and prints one line per finding. What is over a soft limit is listed in
ratchets.txt with its present figure, which may only shrink: an entry that is not needed, or far too generous, fails."""

import argparse
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from modules import ENGINE_USERS, ENGINES, LIBRARIES, RANKS, RESOURCE_TYPES, RESOURCE_TYPES_ALLOWED_IN  # noqa: E402

MAX_COLUMNS = 120
SOFT_FILE_LINES = 500
HARD_FILE_LINES = 700
MAX_FUNCTION_LINES = 70
MAX_README_LINES = 60
RATCHET_SLACK = 20  # how far an entry may lie above the truth before it must be lowered

CPP = (".cc", ".h")
CODE = CPP + (".py", ".cmake", "CMakeLists.txt", ".sh")
PROSE = (".md", ".txt", ".toml", ".json", ".yml", ".yaml")
INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)', re.M)
TYPE_NAME = re.compile(r'\\?"(%s)\\?"' % "|".join(RESOURCE_TYPES))
SCENARIO_TITLES = re.compile(r"`(\w+)`:\s*(\*[^*|]+\*(?:,\s*\*[^*|]+\*)*)")
LISTED_SCENARIO = re.compile(r"`(\w+)`")
CONSTANT = re.compile(r"\bconstexpr [\w: ]+ (k[A-Z]\w+) =\s*([^;]+);")
LIMIT_ROW = re.compile(r"^\| `(k[A-Z]\w+)` \| ([^|]+?) \|", re.M)
# Written so that this file does not find itself.
FORBIDDEN = (
    (re.compile(r"\b(TO" r"DO|X" r"XX)\b"), "marks unfinished work"),
    (re.compile(r"(?<![\w.$}/-])/(work|root|home)/\w"), "absolute path of one machine"),
    (re.compile(r"registry\.npmjs|\"resolved\":\s*\"https?:|pypi\.org|proxy\.golang", re.I), "address of a registry"),
)


class Tree:
    """The project's text files, read once. `findings` gathers what is wrong; `figures` what the ratchets hold down."""

    def __init__(self, root):
        self.root = root
        self.files = {}
        for path in self._list():
            full = root / path
            if full.is_file() and not full.is_symlink():
                self.files[path] = full
        self.modules = sorted((str(Path(p).parent.relative_to("src")) for p in self.files
                               if re.fullmatch(r"src/.+/CMakeLists\.txt", p)), key=len, reverse=True)
        self.findings = []
        self.figures = {}
        self._texts = {}

    def _list(self):
        if (self.root / ".git").exists():
            out = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=self.root,
                                 stdout=subprocess.PIPE, text=True, check=True).stdout
            return out.splitlines()
        return [str(p.relative_to(self.root)) for p in self.root.rglob("*") if p.is_file()]

    def text(self, path):
        if path not in self._texts:
            self._texts[path] = self.files[path].read_text(encoding="utf-8", errors="replace")
        return self._texts[path]

    def module_of(self, path):
        """The module that a path below src/ belongs to, or None."""
        return next((m for m in self.modules if path == m or path.startswith(m + "/")), None)

    def sources(self, suffixes):
        return [p for p in sorted(self.files) if p.endswith(suffixes)]

    def report(self, path, line, message):
        self.findings.append(f"{path}:{line}: {message}" if line else f"{path}: {message}")

    def measure(self, rule, path, value):
        self.figures[f"{rule} {path}"] = value


def is_test(path):
    stem = Path(path).stem
    return stem.startswith("test_") or stem.endswith(("_test", "_fuzz", "_bench", "_test_suite", "_test_support"))


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def read_dependencies(tree, module):
    """DEPENDS and TEST_DEPENDS of the module's build file."""
    text = re.sub(r"#.*", "", tree.text(f"src/{module}/CMakeLists.txt"))
    call = re.search(r"vesta_module\(\s*([^\s)]+)([^)]*)\)", text)
    if not call or call.group(1) != module:
        tree.report(f"src/{module}/CMakeLists.txt", 0, f"lacks vesta_module({module} …)")
        return set(), set()
    words, current = {"DEPENDS": set(), "TEST_DEPENDS": set()}, None
    for word in call.group(2).split():
        if word.isupper() and re.fullmatch(r"[A-Z_]+", word):
            current = word
        elif current in words:
            words[current].add(word)
    return words["DEPENDS"], words["TEST_DEPENDS"]


def check_modules(tree):
    for module in sorted(tree.modules):
        if module not in RANKS:
            tree.report(f"src/{module}", 0, "module without a rank in tests/tidy/modules.py")
            continue
        depends, test_depends = read_dependencies(tree, module)
        for name in sorted(depends):
            if name not in RANKS or RANKS[name] >= RANKS[module]:
                tree.report(f"src/{module}/CMakeLists.txt", 0, f"rank {RANKS[module]} must not depend on {name}")
        readme = f"src/{module}/README.md"
        if readme not in tree.files:
            tree.report(readme, 0, "missing: what the module holds, how to use it, what it may depend on")
        elif tree.text(readme).count("\n") > MAX_README_LINES:
            tree.report(readme, 0, f"over {MAX_README_LINES} lines")
        prefix = f"src/{module}/"
        for path in tree.sources(CPP):
            if path.startswith(prefix) and tree.module_of(path[len("src/"):]) == module:
                check_includes(tree, module, path, depends, test_depends)


def check_includes(tree, module, path, depends, test_depends):
    text = tree.text(path)
    for match in INCLUDE.finditer(text):
        own, system = match.groups()
        line = line_of(text, match.start())
        if system:
            library = max((name for name in LIBRARIES if system.startswith(name)), key=len, default=None)
            allowed = LIBRARIES.get(library)
            if allowed is not None and module not in allowed and not is_test(path):
                tree.report(path, line, f"<{system}> is for {', '.join(allowed)} only")
            continue
        other = tree.module_of(own)
        if other is None or other == module:
            continue
        if is_test(path):
            if other not in depends | test_depends:
                tree.report(path, line, f"includes {other}, which neither DEPENDS nor TEST_DEPENDS names")
            continue
        if other not in depends:
            tree.report(path, line, f"includes {other}, which the module's DEPENDS does not name")
        if RANKS.get(other, 99) >= RANKS[module]:
            tree.report(path, line, f"{module} (rank {RANKS[module]}) includes {other} (rank {RANKS.get(other)})")
        if other in ENGINES and module not in ENGINE_USERS:
            tree.report(path, line, f"only {', '.join(ENGINE_USERS)} may name an engine ({other})")


def check_files(tree):
    for path in tree.sources(CODE):
        text = tree.text(path)
        lines = text.splitlines()
        name = Path(path).name
        if path.endswith(CPP) and not re.fullmatch(r"[a-z0-9_]+\.(cc|h)", name):
            tree.report(path, 0, "file names are snake_case.cc or .h")
        if path.endswith(CPP) and not (lines and lines[0].startswith("// ") and len(lines[0]) > 15):
            tree.report(path, 1, "the first line is a comment: one sentence on what the file holds")
        if path.endswith(".h") and "\n#pragma once\n" not in text:
            tree.report(path, 0, "lacks #pragma once")
        if path.endswith(".cc"):
            check_own_header_first(tree, path, text)
        for number, line in enumerate(lines, 1):
            if len(line) > MAX_COLUMNS:
                tree.report(path, number, f"{len(line)} columns, {MAX_COLUMNS} at most")
        if len(lines) > HARD_FILE_LINES:
            tree.report(path, 0, f"{len(lines)} lines, {HARD_FILE_LINES} at most")
        elif len(lines) > SOFT_FILE_LINES:
            tree.measure("file_lines", path, len(lines))
        if path.endswith(CPP) and not is_test(path) and not path.startswith(("tests/", "bench/")):
            check_functions(tree, path, lines)
    for path in tree.sources(CODE + PROSE) + [p for p in ("dev", ".ci/run") if p in tree.files]:
        if path.endswith("package-lock.json") or "/corpus/" in path or path.startswith("tests/tidy/"):
            continue
        text = tree.text(path)
        for pattern, why in FORBIDDEN:
            for match in pattern.finditer(text):
                tree.report(path, line_of(text, match.start()), f"{match.group(0)!r}: {why}")


def check_own_header_first(tree, path, text):
    """Including it first proves that a header needs nothing before it."""
    header = path[:-len(".cc")] + ".h"
    first = INCLUDE.search(text)
    if header in tree.files and path.startswith("src/") and (not first or first.group(1) != header[len("src/"):]):
        tree.report(path, 0, f'the first #include is "{header[len("src/"):]}"')


def check_functions(tree, path, lines):
    """Lengths by layout: clang-format puts a definition's first line and its closing brace in one column."""
    longest, container = 0, False
    opened = None
    for number, line in enumerate(lines):
        indent = len(line) - len(line.lstrip(" "))
        if indent == 0 and re.match(r"(class|struct|template|union)\b", line):
            container = True
        if indent == 0 and line.startswith("}"):
            container = False
        if opened is not None:
            if indent == opened[1] and line.lstrip().startswith("}"):
                longest = max(longest, number - opened[0] + 1)
                opened = None
            continue
        starts = re.search(r"\).*\{$", line) and (indent == 0 or (indent == 2 and container))
        if starts and not re.match(r"\s*(namespace|class|struct|enum|union|extern|template <.*struct)\b", line):
            opened = (number, indent)
    if longest > MAX_FUNCTION_LINES:
        tree.measure("function_lines", path, longest)


def check_type_names(tree):
    for path in tree.sources(CPP):
        module = tree.module_of(path[len("src/"):]) if path.startswith("src/") else None
        if module is None or module in RESOURCE_TYPES_ALLOWED_IN or is_test(path):
            continue
        count = len(TYPE_NAME.findall(re.sub(r"//.*$", "", tree.text(path), flags=re.M)))
        if count:
            tree.measure("type_names", path, count)


def check_scenario_titles(tree):
    """A README beside scenarios says where a thing is proven: `file`: *Beginning of a title*, *Another …*."""
    titles = {path[:-len(".scenario")]: re.findall(r"^== (.+)", tree.text(path), re.M)
              for path in tree.sources(".scenario")}
    for readme in tree.sources("README.md"):
        folder = str(Path(readme).parent)
        if not any(str(Path(path).parent) == folder for path in titles):
            continue
        text = tree.text(readme)
        for match in SCENARIO_TITLES.finditer(text):
            known = titles.get(f"{folder}/{match[1]}", [])
            for title in re.findall(r"\*([^*|]+)\*", match[2]):
                if not any(each.startswith(title.removesuffix("…").rstrip()) for each in known):
                    tree.report(readme, line_of(text, match.start()), f"no title of {match[1]} begins with '{title}'")


def check_scenarios_are_listed(tree):
    """A README beside scenarios names each file of its folder, as `file`."""
    for path in tree.sources(".scenario"):
        readme = f"{Path(path).parent}/README.md"
        if readme in tree.files and Path(path).stem not in LISTED_SCENARIO.findall(tree.text(readme)):
            tree.report(readme, 0, f"does not name {Path(path).name}")


def number_of(text):
    """`32 << 20`, `20'000`, `48 * 1024` of sources; `20,000`, `32 MiB` of documents. None: no such number."""
    text = re.sub(r"(?<=\d)[',](?=\d{3})", "", text.strip())
    units = re.fullmatch(r"(\d+) ([KM])iB", text)
    if units:
        return int(units[1]) << {"K": 10, "M": 20}[units[2]]
    return eval(text) if re.fullmatch(r"\d+( (<<|\*) \d+)*", text) else None


def check_limits(tree):
    """A table in docs/ says what a limit is: | `kMaxName` | 1,000 | …; the sources say the same."""
    known = {}
    for path in tree.sources(CPP):
        if path.startswith("src/"):
            for match in CONSTANT.finditer(tree.text(path)):
                known.setdefault(match[1], set()).add(number_of(match[2]))
    for document in (path for path in tree.sources(".md") if path.startswith("docs/")):
        text = tree.text(document)
        for match in LIMIT_ROW.finditer(text):
            if number_of(match[2]) not in known.get(match[1], set()) - {None}:
                tree.report(document, line_of(text, match.start()), f"{match[1]} is not {match[2]} in the sources")


def check_ratchets(tree, text):
    allowed = {}
    for line in text.splitlines():
        line = line.split("#")[0].strip()
        if line:
            rule, path, value = line.split()
            allowed[f"{rule} {path}"] = int(value)
    for key, value in sorted(tree.figures.items()):
        if value > allowed.get(key, 0):
            tree.findings.append(f"{key} {value}: over its limit (tests/tidy/ratchets.txt: {allowed.get(key, 'none')})")
    for key, value in sorted(allowed.items()):
        slack = 0 if key.startswith("type_names") else RATCHET_SLACK
        if value > tree.figures.get(key, 0) + slack or key not in tree.figures:
            tree.findings.append(f"{key} {value}: the ratchet may go down to {tree.figures.get(key, 'nothing')}")


def check(root):
    tree = Tree(root)
    check_modules(tree)
    check_files(tree)
    check_type_names(tree)
    check_scenario_titles(tree)
    check_scenarios_are_listed(tree)
    check_limits(tree)
    ratchets = root / "tests/tidy/ratchets.txt"
    check_ratchets(tree, ratchets.read_text() if ratchets.exists() else "")
    return tree


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2])
    tree = check(parser.parse_args().root)
    print("\n".join(tree.findings) or f"tidy: {len(tree.files)} files, {len(tree.modules)} modules, nothing to mend")
    return 1 if tree.findings else 0


if __name__ == "__main__":
    sys.exit(main())
