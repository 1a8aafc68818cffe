#!/usr/bin/env python3
"""Proves that each rule of tidy.py finds what it is there to find, on small trees with one mistake each."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import clang_tidy  # noqa: E402
import tidy  # noqa: E402

GOOD = {
    "src/base/CMakeLists.txt": "vesta_module(base)\n",
    "src/base/README.md": "# base\n",
    "src/base/clock.h": "// Clock: time as an interface.\n#pragma once\n",
    "src/http/CMakeLists.txt": "vesta_module(http DEPENDS base)\n",
    "src/http/README.md": "# http\n",
    "src/http/router.h": "// Router: from a path to a handler.\n#pragma once\n\n#include \"base/clock.h\"\n",
    "src/http/router.cc": "// Router: its table.\n#include \"http/router.h\"\n\nint route() {\n  return 1;\n}\n",
}


class TidyTest(unittest.TestCase):
    def findings(self, changes=None):
        with tempfile.TemporaryDirectory() as folder:
            for path, text in {**GOOD, **(changes or {})}.items():
                if text is not None:
                    target = Path(folder, path)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_text(text)
            return tidy.check(Path(folder)).findings

    def expect(self, part, changes):
        found = self.findings(changes)
        self.assertTrue(any(part in finding for finding in found), f"{part!r} not in {found}")

    def test_a_good_tree_has_no_findings(self):
        self.assertEqual(self.findings(), [])

    def test_an_upward_include(self):
        bad = "// Looks up the house.\n#include \"http/router.h\"\n"
        self.expect("base (rank 0) includes http", {"src/base/bad.cc": bad})

    def test_an_upward_dependency(self):
        self.expect("must not depend on http", {"src/base/CMakeLists.txt": "vesta_module(base DEPENDS http)\n"})

    def test_an_include_that_the_build_file_does_not_name(self):
        self.expect("does not name", {"src/http/CMakeLists.txt": "vesta_module(http)\n"})

    def test_a_test_may_use_test_depends(self):
        test = {"src/base/clock_test.cc": "// Tests of the clock.\n#include \"http/router.h\"\n"}
        self.expect("neither DEPENDS nor TEST_DEPENDS", test)
        build = {"src/base/CMakeLists.txt": "vesta_module(base TEST_DEPENDS http)\n"}
        self.assertEqual(self.findings({**test, **build}), [])

    def test_a_library_in_the_wrong_module(self):
        self.expect("is for net only", {"src/base/bad.cc": "// Uses sockets.\n#include <boost/asio/io_context.hpp>\n"})

    def test_a_module_without_a_rank(self):
        self.expect("without a rank", {"src/attic/CMakeLists.txt": "vesta_module(attic)\n"})

    def test_a_missing_and_a_long_readme(self):
        self.expect("README.md: missing", {"src/base/README.md": None})
        self.expect("over 60 lines", {"src/base/README.md": "line\n" * 61})

    def test_names_and_first_lines(self):
        self.expect("snake_case", {"src/base/BadName.cc": "// A good first sentence.\n"})
        self.expect("the first line", {"src/base/bad.cc": "int x;\n"})
        self.expect("#pragma once", {"src/base/bad.h": "// A good first sentence.\n"})
        self.expect("the first #include", {"src/http/router.cc": "// Router: its table.\n#include <string>\n"})

    def test_lengths(self):
        first = "// A good first sentence.\n"
        self.expect("121 columns", {"src/base/bad.cc": first + "/" * 121 + "\n"})
        self.assertEqual(self.findings({"src/base/good.cc": first + "/" * 120 + "\n"}), [])
        self.expect("701 lines", {"src/base/bad.cc": first + "\n" * 700})
        self.expect("file_lines src/base/bad.cc 501", {"src/base/bad.cc": first + "\n" * 500})
        function = "int f() {\n" + "  g();\n" * 69 + "}\n"
        self.expect("function_lines src/base/bad.cc 71", {"src/base/bad.cc": first + function})
        method = "class A {\n  int f() {\n" + "    g();\n" * 69 + "  }\n};\n"
        self.expect("function_lines src/base/bad.cc 71", {"src/base/bad.cc": first + method})

    def test_ratchets_only_shrink(self):
        long = {"src/base/long.cc": "// A good first sentence.\n" + "\n" * 600}
        entry = "tests/tidy/ratchets.txt"
        self.assertEqual(self.findings({**long, entry: "file_lines src/base/long.cc 601\n"}), [])
        self.expect("may go down to 601", {**long, entry: "file_lines src/base/long.cc 640\n"})
        self.expect("may go down to nothing", {entry: "file_lines src/base/gone.cc 600\n"})

    def test_resource_types_by_name(self):
        code = "// A good first sentence.\nbool special = type == \"Patient\";\n"
        self.expect("type_names src/base/bad.cc 1", {"src/base/bad.cc": code})
        self.assertEqual(self.findings({"src/base/bad_test.cc": code}), [])

    def test_words_and_addresses(self):
        first = "// A good first sentence.\n"
        self.expect("unfinished", {"src/base/bad.cc": first + "// TO" "DO: later\n"})
        self.expect("absolute path", {"src/base/bad.cc": first + "// see /work" "/shared\n"})
        self.expect("registry", {"docs/x.md": "https://registry." "npmjs.org/\n"})

    def test_a_readme_that_names_scenarios(self):
        scenarios = {"tests/scenarios/search/page.scenario": "# The page.\n\n== Dates: of every form\n\n== _sort\n"}
        readme = "tests/scenarios/search/README.md"
        for good in ("`page`", "`page`: *Dates*, *_sort*", "`page`: *Dates …*; `other` things", "`Patient`: a type"):
            self.assertEqual(self.findings({**scenarios, readme: "`page`: " + good + "\n"}), [], good)
        for bad in ("`page`: *ates*", "`page`: *Dates*, *Times*", "`other`: *Dates*", "`page`: *_sort …*; `page`: *x*"):
            self.expect("begins with", {**scenarios, readme: "# Where\n\n| a | " + bad + " |\n"})

    def test_a_scenario_that_the_readme_does_not_name(self):
        scenarios = {"tests/scenarios/search/page.scenario": "# The page.\n\n== Dates\n"}
        self.assertEqual(self.findings(scenarios), [])
        self.expect("does not name page.scenario", {**scenarios, "tests/scenarios/search/README.md": "A page\n"})

    def test_limits_that_a_document_names(self):
        limits = "// Limits of the house.\n#pragma once\n\ninline constexpr std::size_t "
        for source, document in (("kMaxDoors = 20'000;", "20,000"), ("kMaxDoors =\n    32 << 20;", "32 MiB"),
                                 ("kMaxDoors = 48 * 1024;  // keys", "48 KiB")):
            row = "| limit | value | of |\n|---|---|---|\n| `kMaxDoors` | " + document + " | doors |\n"
            source = {"src/base/limits.h": limits + source + "\n"}
            self.assertEqual(self.findings({**source, "docs/limits.md": row}), [])
            self.expect("kMaxDoors is not", {**source, "docs/limits.md": row.replace(document, "7")})
            self.expect("kMaxDoors is not", {"docs/limits.md": row})


class BatchesTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def source(self, name, text, namespace="vesta::ops"):
        path = Path(self.folder.name, name)
        path.write_text(f"// A source.\nnamespace {namespace} {{\nnamespace {{\n\n{text}\n}}\n}}\n")
        return path

    def test_sources_that_share_a_name_are_apart(self):
        shared = ("struct Page {", "std::string page(int a) {", "constexpr int kPage = 1;", "const char* kPage[] = {")
        for text in shared:
            one, other = self.source("a.cc", text), self.source("b.cc", text)
            apart, elsewhere = self.source("c.cc", "struct Other {"), self.source("d.cc", text, "vesta::search")
            batches = clang_tidy.make_batches([one, other, apart, elsewhere], 1)
            self.assertEqual(batches, [[one, apart, elsewhere], [other]], text)

    def test_members_share_no_names(self):
        one, other = self.source("a.cc", "int One::read() {"), self.source("b.cc", "int Other::read() {")
        self.assertEqual(clang_tidy.make_batches([one, other], 1), [[one, other]])

    def test_batches_are_no_longer_than_each_job_needs(self):
        paths = [self.source(f"{i}.cc", "") for i in range(3 * clang_tidy.MAX_BATCH)]
        self.assertEqual([len(b) for b in clang_tidy.make_batches(paths, 2)], [clang_tidy.MAX_BATCH] * 3)
        self.assertEqual([len(b) for b in clang_tidy.make_batches(paths[:8], 2)], [4, 4])

    def test_what_is_wrong_in_a_batch_is_told_of_it_alone(self):
        paths = [self.source(f"{name}.cc", text) for name, text in (("a", ""), ("bad", "BAD"), ("c", ""), ("d", ""))]

        def run(arguments):
            named = Path(next(each for each in arguments if each.endswith(".cc")))
            text = named.read_text()
            return int("BAD" in text or any("bad.cc" in line for line in text.splitlines())), str(named)

        self.addCleanup(setattr, clang_tidy, "run", clang_tidy.run)
        clang_tidy.run = run
        commands = {path: f"clang++-19 -Ix -o {path}.o -c {path}" for path in paths}
        with tempfile.TemporaryDirectory() as folder:
            results = clang_tidy.Tidy(Path("build"), commands, Path(folder)).look_at(paths)
        self.assertEqual([(path, code) for path, code, _ in results], [(path, int(path == paths[1])) for path in paths])
        self.assertEqual(results[1][2], str(paths[1]))


if __name__ == "__main__":
    unittest.main()
