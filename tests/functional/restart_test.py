#!/usr/bin/env python3
"""A restart keeps everything, and one store is served by one process."""

import contextlib
import os
import sqlite3
import subprocess
import unittest

from harness import BINARY, FunctionalTest, Server, free_port, observation, total


class RestartTest(FunctionalTest):
    def test_restart_keeps_resources_versions_and_searches(self):
        paths = ["Observation/a", "Observation/a/_history/1", "Observation/a/_history/2", "Observation/b"]
        server = self.server()
        with contextlib.closing(server.client()) as client:
            self.assertEqual(client.put("Observation/a", {**observation(1), "id": "a"}).status, 201)
            self.assertEqual(client.put("Observation/a", {**observation(2), "id": "a"}).status, 200)
            self.assertEqual(client.put("Observation/b", {**observation(3), "id": "b"}).status, 201)
            self.assertEqual(client.put("Observation/c", {**observation(4), "id": "c"}).status, 201)
            self.assertEqual(client.delete("Observation/c").status, 204)
            before = {path: client.get(path).body for path in paths}
        self.assertEqual(server.stop(), 0)
        server.start()
        with contextlib.closing(server.client()) as client:
            for path, body in before.items():
                self.assertEqual(client.get(path).body, body, path)
            self.assert_outcome(client.get("Observation/c"), 410)
            self.assertEqual(total(client, "Observation"), 2)
            self.assertEqual(total(client, "Observation?identifier=urn:example:functional|2"), 1)
            self.assertEqual(total(client, "Observation?identifier=urn:example:functional|1"), 0)
            # Versions go on where they were.
            self.assertEqual(client.put("Observation/a", {**observation(5), "id": "a"}).headers["ETag"], 'W/"3"')
        self.assertEqual(server.stop(), 0)
        self.assert_store_is_sound()

    def test_commands_wait_for_an_index_that_is_rebuilt(self):
        server = self.server()
        with contextlib.closing(server.client()) as client:
            for number in range(50):
                self.assertEqual(client.post("Observation", observation(number)).status, 201)
        self.assertEqual(server.stop(), 0)
        for command in (("check",), ("export", "--output", "-")):
            # As if a binary with other search parameters had written the store.
            with contextlib.closing(sqlite3.connect(self.data / "vesta.db")) as database, database:
                changed = database.execute("UPDATE meta SET value = 'other' WHERE name = 'fingerprint'")
                self.assertEqual(changed.rowcount, 1)
            done = self.vesta(*command, "--data", self.data, timeout=60)
            self.assertNotIn(b"rebuilt", done.stdout + done.stderr.replace(b"being rebuilt", b""))
        self.assertEqual(done.stdout.count(b'"resourceType":"Observation"'), 50)

    def test_a_next_link_holds_across_a_restart(self):
        server = self.server()
        with contextlib.closing(server.client()) as client:
            for number in range(7):
                self.assertEqual(client.post("Observation", observation(number)).status, 201)
            page = client.get("Observation?_count=3").json()
        seen = [entry["resource"]["id"] for entry in page["entry"]]
        self.assertEqual(server.stop(), 0)
        server.start()
        with contextlib.closing(server.client()) as client:
            while following := next((link["url"] for link in page["link"] if link["relation"] == "next"), None):
                page = client.get("/fhir" + following.split("/fhir", 1)[1]).json()
                seen += [entry["resource"]["id"] for entry in page.get("entry", [])]
        self.assertEqual(len(seen), 7)
        self.assertEqual(len(set(seen)), 7)

    def test_files_are_their_owners_alone(self):
        os.mkdir(self.data, 0o755)
        server = self.server()
        modes = {path.name: path.stat().st_mode & 0o777 for path in self.data.iterdir()}
        self.assertEqual(set(modes.values()), {0o600}, modes)
        self.assertEqual(server.stop(), 0)
        new = self.folder / "new"
        with Server(new, ()):
            self.assertEqual(new.stat().st_mode & 0o777, 0o700)

    def test_a_second_process_on_the_store_is_refused(self):
        server = self.server()
        command = [BINARY, "serve", "--data", self.data, "--port", str(free_port()), "--open"]
        second = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                timeout=20)
        self.assertNotEqual(second.returncode, 0)
        self.assertRegex(second.stdout.decode().lower(), "lock|use|another")
        third = self.vesta("import", __file__, "--data", self.data, check=False, timeout=20)
        self.assertNotEqual(third.returncode, 0)
        with contextlib.closing(server.client()) as client:
            self.assertEqual(client.post("Observation", observation(1)).status, 201)

    def test_the_lock_dies_with_its_process(self):
        server = self.server()
        server.kill()
        again = Server(self.data)
        self.addCleanup(again.__exit__)
        again.start()
        self.assertEqual(again.stop(), 0)


if __name__ == "__main__":
    unittest.main()
