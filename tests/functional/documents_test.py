#!/usr/bin/env python3
"""The documents: each `sh` block with curl gives the answer of the `json` block that follows it; metrics and links."""

import contextlib
import os
import re
import subprocess
import unittest

from harness import ROOT, FunctionalTest, observation, parse

EXAMPLE = re.compile(r"```sh\n(curl .*?)```\s*```json\n(.*?)```", re.S)
DOCUMENTS = ("README.md", "docs/views.md", "docs/graphql.md", "docs/fhirpath.md", "docs/patch.md")
BASE = "http://localhost:8080"
ANYTHING = "…"


def matches(expected, actual):
    """Equal, where an expected "…" stands for any one value."""
    if expected == ANYTHING:
        return True
    if isinstance(expected, dict) and isinstance(actual, dict):
        return expected.keys() == actual.keys() and all(matches(expected[name], actual[name]) for name in expected)
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(map(matches, expected, actual))
    return expected == actual


class DocumentsTest(FunctionalTest):
    def test_examples(self):
        for name in DOCUMENTS:
            self.data = self.folder / name.replace("/", ".")
            # The README's first steps are of a server that asks for a token; the others' of an open one.
            environment = dict(os.environ)
            has_access_control = "$TOKEN" in (ROOT / name).read_text()
            if has_access_control:
                secret = self.words("client", "add", "Reader", "--id", "reader", "--policy", "backend",
                                    "--scope", "system/*.cruds")["client_secret"]
            server = self.server(has_access_control=has_access_control)
            if has_access_control:
                environment["TOKEN"] = self.backend_token(server, "reader", secret)
            here = f"http://localhost:{server.port}"
            examples = EXAMPLE.findall((ROOT / name).read_text())
            self.assertTrue(examples, f"{name} has no example")
            for command, expected in examples:
                ran = subprocess.run(["bash", "-c", command.replace(BASE, here)], stdout=subprocess.PIPE, timeout=30,
                                     env=environment)
                self.assertEqual(ran.returncode, 0, command)
                answer = ran.stdout.decode()
                self.assertTrue(matches(parse(expected.replace(BASE, here)), parse(answer)), f"{command}\n{answer}")
            self.assertEqual(server.stop(), 0)

    def test_the_comparison_can_fail(self):
        self.assertTrue(matches({"a": ["…", 1]}, {"a": [{"b": 2}, 1]}))
        self.assertFalse(matches({"a": 1}, {"a": 1, "b": 2}))
        self.assertFalse(matches([1], [1, 1]))

    def test_operations_lists_every_metric(self):
        section = re.search(r"^## Metrics\n(.*?)^## ", (ROOT / "docs/operations.md").read_text(), re.S | re.M).group(1)
        server = self.server()
        with contextlib.closing(server.client()) as client:
            self.assertEqual(client.post("Observation", observation(1)).status, 201)
            page = client.get("/metrics").body.decode()
        served = re.findall(r"^# TYPE (\S+) ", page, re.M)
        self.assertEqual(sorted(set(re.findall(r"`(vesta_\w+)`", section))), sorted(served))
        self.assertEqual(server.stop(), 0)

    def test_fhirpath_lists_every_function(self):
        section = re.search(r"^## Functions\n(.*?)^## ", (ROOT / "docs/fhirpath.md").read_text(), re.S | re.M).group(1)
        table = (ROOT / "src/fhirpath/functions/functions.cc").read_text()
        built = re.findall(r'Function\{"(\w+)"', table) + ["is", "as", "ofType"]
        self.assertGreater(len(built), 90)
        self.assertEqual(sorted(re.findall(r"`(\w+)\(\)`", section)), sorted(built))

    def test_links_between_documents_lead_somewhere(self):
        for document in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
            for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text()):
                self.assertTrue((document.parent / target).exists(), f"{document.name}: {target}")


if __name__ == "__main__":
    unittest.main()
