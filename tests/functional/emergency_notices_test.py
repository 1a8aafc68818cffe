#!/usr/bin/env python3
"""Somebody outside is told of emergency access: by a signed webhook, in order, once, after kill -9 too; and the patient
finds it."""

import base64
import contextlib
import hmac
import http.server
import json
import re
import threading
import time
import unittest
import unittest.mock

from harness import free_port
from sign_in import REDIRECT, SignInTest

SECRET = bytes(range(32))
WAIT_SECONDS = 30


class Receiver:
    """The site's own system: keeps what it is sent, as (path, headers, body)."""

    def __init__(self, port):
        self.taken = []
        self.arrived = threading.Condition()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with receiver.arrived:
                    receiver.taken.append((self.path, self.headers, body))
                    receiver.arrived.notify_all()
                self.send_response(204)
                self.end_headers()

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def wait_for(self, count):
        with self.arrived:
            self.arrived.wait_for(lambda: len(self.taken) >= count, WAIT_SECONDS)
            return list(self.taken)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class EmergencyNoticesTest(SignInTest):
    def setUp(self):
        super().setUp()
        made = self.words("client", "add", "Officer", "--id", "officer", "--policy", "administrator",
                          "--scope", "system/AuditEvent.rs")
        self.officer_secret = made["client_secret"]
        self.add_ada("openid fhirUser launch/patient patient/AuditEvent.rs patient/EmergencyAccess.rs")
        self.add_practitioner()
        people = self.folder / "people.ndjson"
        people.write_text('{"resourceType":"Patient","id":"ada"}\n{"resourceType":"Practitioner","id":"7"}\n')
        self.vesta("import", people, "--data", self.data)
        self.port = free_port()
        self.secret_file = self.folder / "secret"
        self.secret_file.write_text("whsec_" + base64.b64encode(SECRET).decode() + "\n")

    def add_practitioner(self):
        scope = "openid fhirUser user/Patient.rs user/EmergencyAccess.crs"
        self.words("client", "add", "Ward", "--id", "ward", "--public", "--scope", scope, "--redirect-uri", REDIRECT)
        made = self.words("user", "add", "dora", "--policy", "provider", "--fhir-user", "Practitioner/7")
        self.of_dora = {"app": "ward", "user": "dora", "scope": scope, "password": made["password"]}

    def practitioner(self, server):
        with unittest.mock.patch.multiple(self, **self.of_dora):
            return {"Authorization": "Bearer " + self.sign_in(server)["access_token"]}

    def notifying(self):
        return self.server("--emergency-notice-url", f"http://127.0.0.1:{self.port}/notices?of=vesta",
                           "--emergency-notice-secret-file", str(self.secret_file), has_access_control=True)

    def break_the_glass(self, client, who, reason):
        opening = {"resourceType": "EmergencyAccess", "status": "active", "reason": reason,
                   "patient": {"reference": "Patient/ada"}, "actor": {"reference": "Practitioner/7"}}
        made = client.request("POST", "EmergencyAccess", opening, who)
        self.assertEqual(made.status, 201, made.body)
        return made.json()["id"]

    def assert_is_notice_of(self, taken, opening):
        """Of this EmergencyAccess, signed as https://www.standardwebhooks.com says. Its AuditEvent."""
        path, headers, body = taken
        self.assertEqual(path, "/notices?of=vesta")
        self.assertEqual(headers["Content-Type"], "application/fhir+json")
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        signature = base64.b64encode(hmac.digest(SECRET, signed, "sha256")).decode()
        self.assertEqual(headers["webhook-signature"], "v1," + signature)
        self.assertLess(abs(time.time() - int(headers["webhook-timestamp"])), 300)
        event = json.loads(body)
        self.assertEqual((event["resourceType"], event["action"]), ("AuditEvent", "C"))
        self.assertEqual(event["id"], headers["webhook-id"])
        self.assertEqual(event["purposeOfEvent"][0]["coding"][0]["code"], "BTG")
        references = [entity["what"].get("reference") for entity in event["entity"]]
        self.assertEqual(references[:2], ["Patient/ada", f"EmergencyAccess/{opening}/_history/1"])
        self.assertNotIn(b"unconscious", body)
        return event

    def metric(self, client, name):
        line = re.search(rf"^{name} (\S+)$", client.get("/metrics").body.decode(), re.MULTILINE)
        return float(line.group(1))

    def test_they_come_in_order_and_after_a_kill(self):
        server = self.notifying()
        token = self.practitioner(server)
        with contextlib.closing(server.client()) as client:
            first = self.break_the_glass(client, token, "unconscious")
            second = self.break_the_glass(client, token, "unconscious still")
            deadline = time.monotonic() + WAIT_SECONDS
            while not self.metric(client, "vesta_emergency_notice_failures_total") and time.monotonic() < deadline:
                time.sleep(0.1)
            self.assertEqual(self.metric(client, "vesta_emergency_notices_waiting"), 2)
        server.kill()
        self.assertIn("a notice of emergency access was not taken", server.log())
        with Receiver(self.port) as receiver:
            server = self.notifying()
            taken = receiver.wait_for(2)
            token = self.practitioner(server)
            with contextlib.closing(server.client()) as client:
                third = self.break_the_glass(client, token, "unconscious again")
                self.assertEqual(client.get("Patient/ada", **token).status, 200, "which is no opening")
                taken = receiver.wait_for(3)
                events = [self.assert_is_notice_of(each, opening)
                          for each, opening in zip(taken, (first, second, third), strict=True)]
                self.assert_all_find_it(server, client, events[-1], third)
            self.assertEqual(server.stop(), 0)
            server = self.notifying()
            self.assertEqual(server.stop(), 0)
            self.assertEqual(len(receiver.taken), 3, "each once")
        for line in server.log().splitlines():
            if "emergency" in line:
                self.assertNotRegex(line, "Patient|Practitioner|unconscious")

    def assert_all_find_it(self, server, client, event, opening):
        """The audit shows what was sent; the patient finds it among the looks at their record, with the reason."""
        officer = {"Authorization": "Bearer " + self.backend_token(server, "officer", self.officer_secret,
                                                                   "system/AuditEvent.rs")}
        shown = client.get("AuditEvent/" + event["id"], **officer)
        shown = shown.json()
        for given_by_the_store in ("versionId", "lastUpdated"):
            shown["meta"].pop(given_by_the_store)
        self.assertEqual(shown, {"meta": {}, **event})
        ada = {"Authorization": "Bearer " + self.sign_in(server)["access_token"]}
        found = client.get("AuditEvent?patient=ada&agent=Practitioner/7&action=C", **ada).json()
        self.assertEqual(len(found["entry"]), 3)
        self.assertIn(event["id"], [entry["resource"]["id"] for entry in found["entry"]])
        self.assertIn("Practitioner/7", [agent["who"].get("reference") for agent in event["agent"]])
        own = client.get("EmergencyAccess/" + opening, **ada)
        self.assertEqual((own.status, own.json()["reason"]), (200, "unconscious again"))

    def test_it_begins_with_what_comes(self):
        server = self.server(has_access_control=True)
        with contextlib.closing(server.client()) as client:
            self.break_the_glass(client, self.practitioner(server), "unconscious before")
        self.assertEqual(server.stop(), 0)
        with Receiver(self.port) as receiver:
            server = self.notifying()
            with contextlib.closing(server.client()) as client:
                opening = self.break_the_glass(client, self.practitioner(server), "unconscious")
            self.assert_is_notice_of(receiver.wait_for(1)[0], opening)
            self.assertEqual(len(receiver.taken), 1)
            self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    unittest.main()
