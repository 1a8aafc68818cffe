#!/usr/bin/env python3
"""`vesta explain` on a store that a server has written: a tree of the steps of a search, and what is wrong with one."""

import contextlib
import re
import unittest

from harness import FunctionalTest, observation

OTHERS = 30
STEP = re.compile(r"(?P<indent> *)(?P<what>.+?)(?: \[(?P<figures>[^\]]+)\])?")


class ExplainTest(FunctionalTest):
    def setUp(self):
        super().setUp()
        server = self.server()
        with contextlib.closing(server.client()) as client:
            patient = {"resourceType": "Patient", "id": "a", "gender": "male"}
            self.assertEqual(client.put("Patient/a", patient).status, 201)
            for number in range(OTHERS):
                self.assertEqual(client.post("Observation", observation(number)).status, 201)
            rare = {**observation(OTHERS, code="rare"), "subject": {"reference": "Patient/a"}}
            self.assertEqual(client.post("Observation", rare).status, 201)
        self.assertEqual(server.stop(), 0)

    def explain(self, search):
        """(depth, step, its figures) of each line."""
        lines = self.vesta("explain", search, "--data", self.data).stdout.decode().splitlines()
        steps = []
        for line in lines:
            parts = STEP.fullmatch(line)
            self.assertIsNotNone(parts, line)
            self.assertEqual(len(parts["indent"]) % 2, 0, line)
            steps.append((len(parts["indent"]) // 2, parts["what"], parts["figures"] or ""))
        return steps

    def test_a_tree_of_steps(self):
        steps = self.explain("Observation?status=final&code=rare&patient.gender=male&_include=Observation:patient")
        self.assertEqual(steps[0][:2], (0, "search Observation"))
        self.assertRegex(steps[0][2], r"^found 1, \d+ us$")
        for (depth, what, _), (before, _, _) in zip(steps[1:], steps):
            self.assertTrue(1 <= depth <= before + 1, what)
        self.assertEqual(steps[1][:2], (1, "and (drives)"))
        self.assertEqual(steps[2][:2], (2, "Observation.code = rare (drives)"))
        self.assertRegex(steps[2][2], r"^estimated 1, found 1, \d+ us$")
        below = [step for step in steps if step[1].startswith("Patient.gender = male")]
        self.assertEqual([depth for depth, _, _ in below], [3], steps)
        last = [what for depth, what, _ in steps if depth == 1][-1]
        self.assertEqual(last, "follow includes and read what they lead to")

    def test_a_search_that_is_refused(self):
        for search, part in (("Observation?nonsense=1", "nonsense"), ("Patient/a", "is no search"),
                             ("Nothing?code=1", "Nothing")):
            ran = self.vesta("explain", search, "--data", self.data, check=False)
            self.assertEqual(ran.returncode, 1)
            self.assertEqual(ran.stdout, b"")
            self.assertIn(part, ran.stderr.decode())
        missing = self.vesta("explain", "Patient", "--data", self.folder / "nowhere", check=False)
        self.assertNotEqual(missing.returncode, 0)


if __name__ == "__main__":
    unittest.main()
