#!/usr/bin/env python3
"""The audit log: what requests leave in it, after kill -9 too, and what `vesta audit verify` finds."""

import contextlib
import sqlite3
import time
import unittest

from harness import FunctionalTest

DELAY_SECONDS = 0.2  # audit::kMaxDelay


class AuditTest(FunctionalTest):
    def setUp(self):
        super().setUp()
        made = self.words("client", "add", "Pipeline", "--id", "pipeline", "--policy", "backend",
                          "--scope", "system/*.cruds")
        self.secret = made["client_secret"]

    def records(self):
        with contextlib.closing(sqlite3.connect(self.data / "vesta.db")) as store:
            return [row[0].decode() for row in store.execute("SELECT record FROM audit ORDER BY number")]

    def change(self, statement):
        with contextlib.closing(sqlite3.connect(self.data / "vesta.db")) as store:
            store.execute(statement)
            store.commit()

    def verify(self):
        result = self.vesta("audit", "verify", "--data", self.data, check=False)
        return result.returncode, result.stdout.decode()

    def use(self, server):
        """A write, a read, a search and two refusals."""
        token = {"Authorization": "Bearer " + self.backend_token(server, "pipeline", self.secret)}
        with contextlib.closing(server.client()) as client:
            patient = {"resourceType": "Patient", "id": "ada"}
            self.assertEqual(client.put("Patient/ada", patient, **token).status, 201)
            self.assertEqual(client.get("Patient/ada", **token).status, 200)
            self.assertEqual(client.get("Patient?_id=ada", **token).status, 200)
            self.assert_outcome(client.get("Patient/ada"), 401)
            self.assert_outcome(client.get("Client/pipeline", **token), 404)

    def assert_all_is_there(self):
        records = [record for record in self.records() if "\npath /fhir/" in record]
        created, read, searched, unknown, hidden = records
        self.assertIn("\nclient pipeline\n", created)
        self.assertTrue(created.endswith("\nC Patient/ada/1\n"), created)
        self.assertTrue(read.endswith("\ninteraction read\nstatus 200\nR Patient/ada/1\n"), read)
        self.assertIn("\nquery _id=ada\n", searched)
        self.assertTrue(searched.endswith("\nstatus 200\nR Patient/ada/1\n"), searched)
        self.assertNotIn("client", unknown)
        self.assertTrue(unknown.endswith("\nstatus 401\n"), unknown)
        self.assertTrue(hidden.endswith("\nstatus 404\n"), hidden)
        code, text = self.verify()
        self.assertEqual(code, 0, text)
        self.assertIn("5 records are in order; the hash of the last is ", text)

    def test_requests_are_recorded_and_changes_found(self):
        server = self.server(has_access_control=True)
        self.use(server)
        self.assertEqual(server.stop(), 0)
        self.assert_all_is_there()
        self.change("UPDATE audit SET record = replace(record, 'ada', 'bob') WHERE number = 2")
        code, text = self.verify()
        self.assertEqual(code, 1)
        self.assertIn("Then: record 2 is not what was written", text)
        self.change("DELETE FROM audit WHERE number = 2")
        code, text = self.verify()
        self.assertEqual(code, 1)
        self.assertIn("Then: record 2 is missing; the next one is 3", text)

    def test_records_survive_a_kill(self):
        server = self.server(has_access_control=True)
        self.use(server)
        # What was read is durable after the bound that is promised, with room for a slow disk.
        deadline = time.monotonic() + 10
        while len(self.records()) < 5 and time.monotonic() < deadline:
            time.sleep(DELAY_SECONDS)
        server.kill()
        self.assert_all_is_there()
        server = self.server(has_access_control=True)
        self.use_again(server)
        self.assertEqual(server.stop(), 0)
        code, text = self.verify()
        self.assertEqual(code, 0, text)
        self.assertIn("6 records are in order", text)

    def use_again(self, server):
        with contextlib.closing(server.client()) as client:
            self.assert_outcome(client.get("Patient/ada"), 401)

    def test_an_open_server_records_nothing(self):
        server = self.server()
        with contextlib.closing(server.client()) as client:
            self.assertEqual(client.put("Patient/ada", {"resourceType": "Patient", "id": "ada"}).status, 201)
        self.assertEqual(server.stop(), 0)
        self.assertEqual(self.verify(), (0, "0 records are in order.\n"))


if __name__ == "__main__":
    unittest.main()
