#!/usr/bin/env python3
"""The audit log: what requests leave in it, after kill -9 too, what `vesta audit verify` finds; who sees which
AuditEvents."""

import contextlib
import json
import os
import pwd
import re
import sqlite3
import time
import unittest

from sign_in import SignInTest

DELAY_SECONDS = 0.2  # audit::kMaxDelay


class AuditTest(SignInTest):
    EVENT = {"resourceType": "AuditEvent", "id": "mine", "type": {"code": "rest"}, "agent": [{"requestor": True}],
             "recorded": "2026-01-01T00:00:00Z", "source": {"observer": {"display": "s"}}}

    def setUp(self):
        super().setUp()
        made = self.words("client", "add", "Pipeline", "--id", "pipeline", "--policy", "backend",
                          "--scope", "system/*.cruds")
        self.secret = made["client_secret"]
        made = self.words("client", "add", "Auditor", "--id", "auditor", "--policy", "administrator",
                          "--scope", "system/AuditEvent.cruds")
        self.auditor_secret = made["client_secret"]
        self.add_ada("openid fhirUser launch/patient patient/Patient.rs patient/AuditEvent.rs")

    def records(self):
        with contextlib.closing(sqlite3.connect(self.data / "vesta.db")) as store:
            entries = [row[0].decode() for row in store.execute("SELECT record FROM audit ORDER BY number")]
        return [record for entry in entries for record in re.split(r"(?<=\n)\n", entry)]

    def entry_of(self, record):
        with contextlib.closing(sqlite3.connect(self.data / "vesta.db")) as store:
            return next(row[0] for row in store.execute("SELECT number, record FROM audit ORDER BY number")
                        if record in row[1].decode())

    def of_requests(self):
        """Those of the FHIR base."""
        return [record for record in self.records() if "\npath /fhir/" in record]

    def wait_for_records(self, count):
        """What was read is durable after the bound that is promised, with room for a slow disk."""
        deadline = time.monotonic() + 10
        while len(self.of_requests()) < count and time.monotonic() < deadline:
            time.sleep(DELAY_SECONDS)

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
        created, read, searched, unknown, hidden = self.of_requests()
        self.assertTrue(created.startswith("client pipeline\n"), created)
        self.assertTrue(created.endswith("\nC Patient/ada/1\n"), created)
        self.assertTrue(read.endswith("\ninteraction read\nstatus 200\nR Patient/ada/1\n"), read)
        self.assertIn("\nquery _id=ada\n", searched)
        self.assertTrue(searched.endswith("\nstatus 200\nN ada\nR Patient/ada/1\n"), searched)
        self.assertNotIn("client", unknown)
        self.assertTrue(unknown.endswith("\nstatus 401\n"), unknown)
        self.assertTrue(hidden.endswith("\nstatus 404\n"), hidden)
        code, text = self.verify()
        self.assertEqual(code, 0, text)
        self.assertIn(f" entries with {len(self.records())} records are in order; the hash of the last is ", text)

    def test_requests_are_recorded_and_changes_found(self):
        server = self.server(has_access_control=True)
        self.use(server)
        self.assertEqual(server.stop(), 0)
        self.assert_all_is_there()
        number = self.entry_of(self.of_requests()[0])
        self.change(f"UPDATE audit SET record = replace(record, 'ada', 'bob') WHERE number = {number}")
        code, text = self.verify()
        self.assertEqual(code, 1)
        self.assertIn(f"Then: entry {number} is not what was written", text)
        self.change(f"DELETE FROM audit WHERE number = {number}")
        code, text = self.verify()
        self.assertEqual(code, 1)
        self.assertIn(f"Then: entry {number} is missing; the next one is {number + 1}", text)

    def test_records_survive_a_kill(self):
        server = self.server(has_access_control=True)
        self.use(server)
        self.wait_for_records(5)
        server.kill()
        self.assert_all_is_there()
        server = self.server(has_access_control=True)
        self.use_again(server)
        self.assertEqual(server.stop(), 0)
        code, text = self.verify()
        self.assertEqual(code, 0, text)
        self.assertEqual(len(self.of_requests()), 6)
        self.assertIn(f"{len(self.records())} records are in order", text)

    def use_again(self, server):
        with contextlib.closing(server.client()) as client:
            self.assert_outcome(client.get("Patient/ada"), 401)

    def tokens(self, server):
        """Headers of the pipeline, of the auditor and of ada."""
        return [{"Authorization": "Bearer " + token}
                for token in (self.backend_token(server, "pipeline", self.secret),
                              self.backend_token(server, "auditor", self.auditor_secret, "system/AuditEvent.cruds"),
                              self.sign_in(server)["access_token"])]

    def events(self, client, query, who):
        """What a search finds, by (interaction, what, outcome); all of it must be as it was made."""
        answer = client.get(f"AuditEvent?_count=200&{query}", **who)
        self.assertEqual(answer.status, 200, answer.body[:500])
        resources = [entry["resource"] for entry in answer.json().get("entry", [])]
        self.assertEqual({resource["meta"]["versionId"] for resource in resources} - {"1"}, set())
        return [(resource.get("subtype", [{"code": "-"}])[0]["code"],
                 [entity["what"]["reference"].split("/_history")[0] for entity in resource.get("entity", ())
                  if "reference" in entity.get("what", {})], resource["outcome"]) for resource in resources]

    def look_around(self, client, pipeline):
        for name in ("ada", "bob"):
            patient = {"resourceType": "Patient", "id": name}
            self.assertEqual(client.put(f"Patient/{name}", patient, **pipeline).status, 201)
        visit = {"resourceType": "Encounter", "id": "e", "status": "planned", "class": {"code": "AMB"},
                 "subject": {"reference": "Patient/ada"}}
        self.assertEqual(client.put("Encounter/e", visit, **pipeline).status, 201)
        self.assertEqual(client.get("Encounter/e", **pipeline).status, 200)
        self.assertEqual(client.get("Patient?_id=ada,bob", **pipeline).status, 200)
        self.assertEqual(client.get("Encounter?patient=bob", **pipeline).status, 200)
        self.assert_outcome(client.get("Client/pipeline", **pipeline), 404)

    def test_patients_see_who_looked_at_their_record(self):
        server = self.server(has_access_control=True)
        pipeline, auditor, ada = self.tokens(server)
        with contextlib.closing(server.client()) as client:
            self.look_around(client, pipeline)
            expected = [("create", ["Patient/ada", "Patient/ada"], "0"),
                        ("create", ["Patient/ada", "Encounter/e"], "0"),
                        ("read", ["Patient/ada", "Encounter/e"], "0"),
                        ("search-type", ["Patient/ada", "Patient/ada"], "0")]
            of_sign_in = [("sign-in", [], "0"), ("consent", [], "0"), ("authorization-code", [], "0")]
            self.assertCountEqual(self.events(client, "", ada), of_sign_in + expected)
            own = client.get("AuditEvent?subtype=search-type&agent:identifier=pipeline", **ada)
            self.assertNotIn(b"bob", own.body)
            self.assertNotIn(b'"query"', own.body)
            self.assertEqual(self.events(client, "patient=ada&agent:identifier=pipeline", auditor), expected)
            self.assertEqual(self.events(client, "patient=bob&action=E", auditor),
                             [("search-type", ["Patient/bob", "Patient/bob"], "0"),
                              ("search-type", ["Patient/bob"], "0")], "who is shown nothing has looked all the same")
            self.assertEqual(self.events(client, "outcome=4&agent:identifier=pipeline", auditor), [("read", [], "4")])
            self.assertEqual(self.events(client, "patient=bob", ada), [])
            self.assertEqual(self.events(client, "", pipeline), [], "`*` does not mean them")
        self.assertEqual(server.stop(), 0)

    def test_sign_ins_are_found(self):
        server = self.server(has_access_control=True)
        auditor = {"Authorization": "Bearer " + self.backend_token(server, "auditor", self.auditor_secret,
                                                                   "system/AuditEvent.cruds")}
        for name, password in (("ada", "not the password"), ("s3cret in the wrong field", self.password)):
            headers, page = self.authorize(server)
            state = re.search(r'name="state" value="([^"]+)"', page).group(1)
            status, _, _ = self.form(server, "/auth/sign-in", headers["Set-Cookie"].split(";")[0], state=state,
                                     name=name, password=password)
            self.assertEqual(status, 403)
        tokens = self.sign_in(server)
        with contextlib.closing(server.client()) as client:
            found = client.get("AuditEvent?subtype=110122", **auditor).json()
            events = [entry["resource"] for entry in found["entry"]]
            self.assertEqual([event["outcome"] for event in events], ["4", "4", "0"])
            users = [[agent["who"].get("reference") for agent in event["agent"] if agent["requestor"]]
                     for event in events]
            self.assertEqual(users, [["Patient/ada"], [None], ["Patient/ada"]])
            self.assertEqual({event["type"]["code"] for event in events}, {"110114"})
            refused = client.get("AuditEvent?subtype=110122&outcome=4&agent=Patient/ada&_summary=count", **auditor)
            self.assertEqual(refused.json()["total"], 1)
        self.assertEqual(server.stop(), 0)
        for record in self.records():
            for secret in ("s3cret", "not the", self.password, self.auditor_secret, tokens["access_token"]):
                self.assertNotIn(secret, record)
        code, text = self.verify()
        self.assertEqual(code, 0, text)

    def test_commands_are_recorded(self):
        before = len(self.records())
        self.assertEqual(before, 4, "two clients, the app and ada")
        user = pwd.getpwuid(os.getuid()).pw_name
        for record in self.records():
            self.assertTrue(record.startswith(f"user os:{user}\nmethod vesta\n"), record)
        self.assertRegex(self.records()[-1], r"\npath user add ada\nat \d+\ninteraction command\nC User/")
        self.words("user", "password", "ada")
        self.vesta("client", "off", "pipeline", "--data", self.data)
        self.vesta("client", "off", "nobody", "--data", self.data, check=False)
        self.vesta("export", "--output", "-", "--data", self.data)
        patient = self.folder / "patient.json"
        patient.write_text(json.dumps({"resourceType": "Patient", "id": "ada"}))
        self.vesta("import", patient, "--data", self.data)
        password, off, unknown, exported, imported = self.records()[before:]
        self.assertRegex(password, r"\npath user password ada\nat \d+\ninteraction command\n")
        self.assertRegex(off, r"\npath client off pipeline\nat \d+\ninteraction command\nR Client/pipeline/1\n"
                              r"U Client/pipeline/2\n\Z")
        self.assertRegex(unknown, r"\npath client off nobody\nat \d+\ninteraction command\nstatus 400\n\Z")
        self.assertRegex(exported, r"\npath export\nat \d+\ninteraction export\nstatus 200\n\Z")
        self.assertRegex(imported, rf"\npath import {re.escape(str(patient))}\nat \d+\ninteraction import\n"
                                   r"status 200\n\Z")
        server = self.server(has_access_control=True)
        auditor = {"Authorization": "Bearer " + self.backend_token(server, "auditor", self.auditor_secret,
                                                                   "system/AuditEvent.cruds")}
        with contextlib.closing(server.client()) as client:
            for query in ("type=110100&outcome=4", "type=110106", "type=110107",
                          f"agent:identifier=os:{user}&action=U"):
                answer = client.get(f"AuditEvent?_summary=count&{query}", **auditor)
                self.assertEqual(answer.status, 200, answer.body)
                self.assertGreater(answer.json()["total"], 0, query)
        self.assertEqual(server.stop(), 0)
        code, text = self.verify()
        self.assertEqual(code, 0, text)

    def test_nobody_makes_or_changes_audit_events(self):
        server = self.server(has_access_control=True)
        pipeline, auditor, _ = self.tokens(server)
        event = self.EVENT
        with contextlib.closing(server.client()) as client:
            self.look_around(client, pipeline)
            found = client.get("AuditEvent?_count=1", **auditor).json()["entry"][0]["resource"]["id"]
            for who in (pipeline, auditor):
                self.assert_outcome(client.request("POST", "AuditEvent", event, who), 403)
                self.assert_outcome(client.put("AuditEvent/mine", event, **who), 405)
                self.assert_outcome(client.put(f"AuditEvent/{found}", {**event, "id": found}, **who), 405)
                self.assert_outcome(client.request("DELETE", f"AuditEvent/{found}", headers=who), 405)
        self.assertEqual(server.stop(), 0)

    def test_each_event_is_made_once(self):
        server = self.server(has_access_control=True)
        pipeline, _, _ = self.tokens(server)
        with contextlib.closing(server.client()) as client:
            self.look_around(client, pipeline)
            for _ in range(20):
                self.assertEqual(client.get("Patient?_id=ada,bob", **pipeline).status, 200)
        self.wait_for_records(27)
        server.kill()
        told = len(self.of_requests())
        server = self.server(has_access_control=True)
        _, auditor, _ = self.tokens(server)
        with contextlib.closing(server.client()) as client:
            searches = self.events(client, "subtype=search-type&entity=Patient/ada", auditor)
        self.assertEqual(told, 27)
        self.assertEqual(len(searches), 21)
        self.assertEqual(server.stop(), 0)
        code, text = self.verify()
        self.assertEqual(code, 0, text)
        self.assertRegex(text, "[0-9]+ AuditEvents say what they do.")
        server = self.server(has_access_control=True)
        _, auditor, _ = self.tokens(server)
        with contextlib.closing(server.client()) as client:
            found = client.get("AuditEvent?subtype=search-type&entity=Patient/ada&_count=1", **auditor)
        self.assertEqual(server.stop(), 0)
        self.assertEqual(found.status, 200, found.body)
        event = found.json()["entry"][0]["resource"]
        event["action"] = "R"
        changed = self.folder / "changed.ndjson"
        changed.write_text(json.dumps(event) + "\n")
        self.vesta("import", changed, "--data", self.data)
        code, text = self.verify()
        self.assertEqual(code, 1)
        self.assertRegex(text, f"Then: AuditEvent/{event['id']} of entry [0-9]+ does not say what the entry does")

    def test_an_open_server_records_nothing(self):
        server = self.server()
        with contextlib.closing(server.client()) as client:
            self.assertEqual(client.put("Patient/ada", {"resourceType": "Patient", "id": "ada"}).status, 201)
            self.assertEqual(client.get("AuditEvent?_summary=count").json()["total"], 0)
            self.assertEqual(client.put("AuditEvent/mine", self.EVENT).status, 201, "one as any other resource")
            self.assertEqual(client.delete("AuditEvent/mine").status, 204)
        self.assertEqual(server.stop(), 0)
        self.assertEqual(self.of_requests(), [])
        self.assertEqual(self.verify()[0], 0)


if __name__ == "__main__":
    unittest.main()
