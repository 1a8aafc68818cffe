#!/usr/bin/env python3
"""An encrypted store: its folder says nothing, also after kill -9; keys from three sources, the wrong one, new ones."""

import contextlib
import json
import os
import secrets
import subprocess
import time
import unittest

from harness import BINARY, FunctionalTest, free_port

NAME = "Wolfeschlegelsteinhausen"
# Of a resource, of the schema, of SQLite, of a view.
SECRETS = [NAME.encode(), NAME.lower().encode(), b"last_updated", b"SQLite format", b"_vesta_view", b"family_name"]
PATIENCE_SECONDS = 60
VIEW = {
    "resourceType": "ViewDefinition", "id": "v", "name": "names", "status": "active", "resource": "Patient",
    "meta": {"tag": [{"system": "urn:vesta:view", "code": "materialised"}]},
    "select": [{"column": [{"name": "family_name", "path": "name.family.first()"}]}],
}


def patient(number):
    return {"resourceType": "Patient", "id": f"p{number}", "name": [{"family": NAME, "given": [f"N{number}"]}]}


class EncryptionTest(FunctionalTest):
    def key_file(self, name="key"):
        path = self.folder / name
        path.write_text(secrets.token_hex(32) + "\n")
        return path

    def write(self, server, numbers):
        with contextlib.closing(server.client()) as client:
            for number in numbers:
                self.assertEqual(client.put(f"Patient/p{number}", patient(number)).status, 201)

    def assert_reads(self, server, numbers):
        with contextlib.closing(server.client()) as client:
            for number in numbers:
                self.assertEqual(client.get(f"Patient/p{number}").json()["name"][0]["family"], NAME)
            self.assertEqual(client.get(f"Patient?family={NAME}&_summary=count").json()["total"], len(numbers))

    def assert_hides(self):
        files = [path for path in self.data.rglob("*") if path.is_file()]
        self.assertIn("vesta.db", [path.name for path in files])
        for path in files:
            content = path.read_bytes()
            for secret in SECRETS:
                self.assertNotIn(secret, content, path)

    def wait_for_rows(self, key, count):
        """Until the table of the view has so many."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        statement = f"select count(*) as n from names where family_name = '{NAME}'"
        while True:
            answer = self.vesta("sql", statement, "--format", "json", "--data", self.data, "--store-key-file", key,
                                check=False)
            if answer.returncode == 0 and json.loads(answer.stdout) == [{"n": count}]:
                return
            self.assertLess(time.monotonic(), deadline, answer.stderr)
            time.sleep(0.05)

    def refused(self, *flags, environment=None):
        """What `serve` says when it does not start."""
        command = [str(BINARY), "serve", "--open", "--data", str(self.data), "--port", str(free_port()), *flags]
        ended = subprocess.run(command, env={**os.environ, **(environment or {})}, capture_output=True,
                               timeout=60)
        self.assertNotEqual(ended.returncode, 0)
        return ended.stderr.decode()

    def test_kill_9_leaves_nothing_plain_and_nothing_lost(self):
        key = self.key_file()
        server = self.server("--store-key-file", str(key))
        for round_ in range(3):
            self.write(server, range(round_ * 20, round_ * 20 + 20))
            server.kill()
            self.assertTrue((self.data / "vesta.db-wal").exists())
            self.assert_hides()
            server.start()
            self.assert_reads(server, range(round_ * 20 + 20))
        self.assertEqual(server.stop(), 0)
        self.assert_hides()
        self.vesta("check", "--data", self.data, "--store-key-file", key)
        exported = self.vesta("export", "--data", self.data, "--store-key-file", key, "--type", "Patient", "--output",
                              "-")
        self.assertEqual(exported.stdout.count(NAME.encode()), 60)

    def test_a_store_and_its_key_belong_together(self):
        key = self.key_file()
        server = self.server("--store-key-file", str(key))
        self.write(server, range(3))
        self.assertEqual(server.stop(), 0)
        before = (self.data / "vesta.db").read_bytes()
        self.assertIn("is encrypted, and no key was given", self.refused())
        self.assertIn("is another one", self.refused("--store-key-file", str(self.key_file("other"))))
        self.assertIn("one source", self.refused("--store-key-file", str(key), environment={"VESTA_STORE_KEY": "00"}))
        self.assertIn("this is no key", self.refused(environment={"VESTA_STORE_KEY": "0123"}))
        self.assertIn("it ended with 1", self.refused("--store-key-command", "false"))
        self.assertIn("'/no/such'", self.refused("--store-key-command", "/no/such program"))
        self.assertEqual((self.data / "vesta.db").read_bytes(), before)
        for flags, environment in ((["--store-key-command", f"cat {key}"], {}),
                                   ([], {"VESTA_STORE_KEY": key.read_text()})):
            server.flags, server.environment = flags, environment
            server.start()
            self.assert_reads(server, range(3))
            self.assertEqual(server.stop(), 0)
        self.assertNotIn(key.read_text().strip(), server.log())

    def test_a_plain_store_takes_no_key(self):
        server = self.server()
        self.write(server, range(3))
        self.assertEqual(server.stop(), 0)
        self.assertIn("is not encrypted", self.refused("--store-key-file", str(self.key_file())))
        self.assertFalse((self.data / "vesta.keys").exists())
        server.start()
        self.assert_reads(server, range(3))

    def test_keys_change_while_it_serves(self):
        old, new = self.key_file("old"), self.key_file("new")
        server = self.server("--store-key-file", str(old))
        self.write(server, range(5))
        with contextlib.closing(server.client()) as client:
            self.assertEqual(client.put("ViewDefinition/v", VIEW).status, 201)
        self.wait_for_rows(old, 5)
        self.assertEqual(self.vesta("sql", "select 1", "--data", self.data, check=False).returncode, 1)
        rekey = ["store", "rekey", "--data", self.data, "--new-data-key"]
        self.assertIn(b"nothing to do", self.vesta(*rekey[:-1], "--store-key-file", old, check=False).stderr)
        self.assertNotEqual(self.vesta(*rekey, "--store-key-file", new, check=False).returncode, 0)
        self.vesta(*rekey, "--store-key-file", old, "--new-key-file", new)
        self.write(server, range(5, 10))
        self.assert_reads(server, range(10))
        self.wait_for_rows(new, 10)
        server.kill()
        self.assert_hides()
        self.assertIn("is another one", self.refused("--store-key-file", str(old)))
        server.flags = ["--store-key-file", str(new)]
        server.start()
        self.assert_reads(server, range(10))
        self.write(server, range(10, 15))
        self.wait_for_rows(new, 15)
        self.assertEqual(server.stop(), 0)
        self.vesta("check", "--data", self.data, "--store-key-file", new)
        self.assert_hides()


if __name__ == "__main__":
    unittest.main()
