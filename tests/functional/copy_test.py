#!/usr/bin/env python3
"""`vesta copy`: a third of Synthea with a history to PostgreSQL and back, killed on the way, answers alike."""

import contextlib
import itertools
import os
import random
import secrets
import subprocess
import time
import unittest

from harness import BINARY, FunctionalTest, Server, observation, synthea_bundles, total
from postgres import Postgres

SEED = int(os.environ.get("VESTA_SEED", "0")) or secrets.randbits(32)
KILLS_WITHIN = [(0.05, 0.3), (0.3, 1), (1, 6)]  # seconds; a whole copy takes longer than the first
ROUND_SECONDS = 600
SEARCHES = [
    "Patient?_count=20", "Patient?name=a&_sort=birthdate&_count=10",
    "Observation?code=8867-4&_count=10&_total=accurate",
    "Observation?subject:Patient.gender=female&_count=5", "Condition?_sort=-_lastUpdated&_count=15",
    "Encounter?_include=Encounter:subject&_count=5", "MedicationRequest?status=active&_count=10",
    "Observation?nickname=left&_count=5", "Patient?_lastUpdated=gt2020-01-01&_count=3&_sort=family",
    "_history?_count=30", "Patient?_has:Observation:subject:code=8867-4&_count=10",
]
NICKNAME = {
    "resourceType": "SearchParameter", "id": "nickname", "url": "http://example.org/nickname", "name": "nickname",
    "status": "active", "description": "of the body", "code": "nickname", "base": ["Observation"], "type": "string",
    "expression": "Observation.bodySite.text",
}


def links_of(bundle):
    return {link["relation"]: link["url"] for link in bundle.get("link", [])}


class CopyTest(FunctionalTest):
    def setUp(self):
        super().setUp()
        self.links = {}  # search → its second page, as the source links to it

    def grow_history(self, server):
        """Updates, deletions and re-creations, something that is contained, and a search parameter of one's own."""
        with contextlib.closing(server.client()) as client:
            self.assertEqual(client.put("SearchParameter/nickname", NICKNAME).status, 201)
            for number in range(40):
                resource = {**observation(number), "id": f"own{number}", "bodySite": {"text": "left arm"}}
                resource["contained"] = [{"resourceType": "Patient", "id": "inside", "name": [{"family": "Within"}]}]
                resource["subject"] = {"reference": "#inside"}
                for status in ("preliminary", "final"):
                    self.assertIn(client.put(f"Observation/own{number}", {**resource, "status": status}).status,
                                  (200, 201))
                if number % 4 == 0:
                    self.assertEqual(client.delete(f"Observation/own{number}").status, 204)
                if number % 8 == 0:
                    self.assertEqual(client.put(f"Observation/own{number}", resource).status, 201)
            self.wait_until_indexed(client)

    def wait_until_indexed(self, client):
        deadline = time.monotonic() + ROUND_SECONDS
        while client.get("Observation?nickname=left&_count=1").status != 200:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)

    def answers(self, *flags, data=None):
        """Status and body of each search, its second page too, and of reads of a few versions, with their ETags."""
        server = Server(data or self.data, ["--base-url", "http://localhost/fhir", *flags]).start()
        found = {}
        try:
            with contextlib.closing(server.client()) as client:
                for search in [*SEARCHES, "Observation/own1/_history", "Observation/own8/_history"]:
                    answer = client.get(search)
                    self.assertEqual(answer.status, 200, (search, answer.body[:500]))
                    bundle = answer.json()
                    found[search] = self.comparable(bundle)
                    self.assertTrue(found[search]["entries"], search)
                    # A link that the source gave goes on in every copy.
                    following = self.links.setdefault(search, links_of(bundle).get("next"))
                    if following:
                        answer = client.get("/" + following.split("/", 3)[3])
                        self.assertEqual(answer.status, 200, following)
                        found[search + " next"] = self.comparable(answer.json())
                for path in ("Observation/own1", "Observation/own1/_history/1", "Observation/own4"):
                    answer = client.get(path)
                    found[path] = (answer.status, answer.headers["ETag"], answer.headers["Last-Modified"], answer.body)
                found["contained"] = total(client, "Patient?_contained=true&family=Within")
        finally:
            self.assertEqual(server.stop(), 0)
        return found

    @staticmethod
    def comparable(bundle):
        return {"total": bundle.get("total"), "entries": bundle.get("entry", [])}

    def copy_with_kills(self, source, target, *flags):
        """kill -9 at random moments, each later than the one before, then to the end. Prints of the last run."""
        chance = random.Random(SEED)
        killed = 0
        for seconds in itertools.starmap(chance.uniform, KILLS_WITHIN):
            process = subprocess.Popen([str(BINARY), "copy", source, target, *flags], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.PIPE)
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                killed += 1
            errors = process.communicate()[1]
            self.assertIn(process.returncode, (-9, 0), errors)
            if process.returncode == 0:
                break
        self.assertGreater(killed, 0, f"no run was killed: VESTA_SEED={SEED}")
        done = self.vesta("copy", source, target, *flags, check=False, timeout=ROUND_SECONDS)
        if process.returncode != 0:
            self.assertEqual(done.returncode, 0, done.stderr)
            return done.stdout.decode()
        return None

    def digest(self, *flags):
        return self.vesta("digest", *flags, timeout=ROUND_SECONDS).stdout.decode()

    def test_synthea_there_and_back(self):
        bundles = synthea_bundles(self)[::3]
        postgres = Postgres(self).start()
        url = postgres.new_database()
        self.vesta("import", *bundles, "--data", self.data, timeout=ROUND_SECONDS)
        with contextlib.ExitStack() as stack:
            server = stack.enter_context(Server(self.data, ["--base-url", "http://localhost/fhir"]).start())
            self.grow_history(server)
            self.assertEqual(server.stop(), 0)
        expected = self.answers()
        source_digest = self.digest("--data", self.data)

        self.copy_with_kills(str(self.data), url)
        self.assertEqual(self.digest("--store", url), source_digest)
        self.assertEqual(source_digest, self.digest("--data", self.data), "the source is as it was")
        self.assert_alike(self.answers("--store", url), expected)
        self.vesta("audit", "verify", "--store", url)
        self.vesta("check", "--store", url, timeout=ROUND_SECONDS)

        back = self.folder / "back"
        key = self.folder / "key"
        key.write_text(secrets.token_hex(32) + "\n")
        self.copy_with_kills(url, str(back), "--to-key-file", str(key))
        self.assertEqual(self.digest("--data", back, "--store-key-file", key), self.digest("--store", url))
        self.assert_alike(self.answers("--store-key-file", str(key), data=back), expected)
        self.vesta("check", "--data", back, "--store-key-file", key, timeout=ROUND_SECONDS)

    def assert_alike(self, found, expected):
        self.assertEqual(found.keys(), expected.keys())
        for name, answer in expected.items():
            self.assertEqual(found[name], answer, name)

    def test_unfinished_copies_are_refused(self):
        postgres = Postgres(self).start()
        url = postgres.new_database()
        with self.server() as server, contextlib.closing(server.client()) as client:
            for number in range(5):
                self.assertEqual(client.post("Observation", observation(number)).status, 201)
            served = self.vesta("copy", self.data, url, check=False)
            self.assertEqual(served.returncode, 1)
            self.assertIn(b"in use", served.stderr)
            self.assertEqual(server.stop(), 0)
        self.vesta("copy", self.data, url)
        again = self.vesta("copy", self.data, url, check=False)
        self.assertEqual(again.returncode, 1)
        self.assertIn(b"not empty", again.stderr)
        # As a run leaves it that was killed before its end.
        database = url.split("/")[3].split("?")[0]
        postgres.sql("UPDATE property SET value = '5 0 0 x' WHERE key = 'store.copy'", database)
        for command in (["serve", "--open", "--port", "0"], ["export", "--output", "-"], ["digest"]):
            refused = self.vesta(*command, "--store", url, check=False)
            self.assertNotEqual(refused.returncode, 0, command)
            self.assertIn(b"a copy that is not finished", refused.stdout + refused.stderr)


if __name__ == "__main__":
    unittest.main()
