#!/usr/bin/env python3
"""De-identification of a server: its key stays, and a site's own configuration counts."""

import contextlib
import json
import unittest

from harness import ROOT, FunctionalTest

PATIENT = {"resourceType": "Patient", "id": "p1", "birthDate": "1985-12-10", "deceasedDateTime": "2020-02-28",
           "name": [{"family": "Lovelace"}], "gender": "female"}


class DeidentifyTest(FunctionalTest):
    def deidentified(self, server):
        with contextlib.closing(server.client()) as client:
            answer = client.get("Patient/p1/$deidentify")
            self.assertEqual(answer.status, 200)
            return answer.json()

    def test_pseudonyms_stay_when_the_server_starts_anew(self):
        server = self.server()
        with contextlib.closing(server.client()) as client:
            self.assertEqual(client.put("Patient/p1", PATIENT).status, 201)
        before = self.deidentified(server)
        self.assertNotIn("name", before)
        self.assertEqual(before["birthDate"], "1985")
        self.assertEqual(server.stop(), 0)
        server.start()
        self.assertEqual(self.deidentified(server), before)
        self.assertEqual(server.stop(), 0)

    def test_a_configuration_of_the_site_counts(self):
        shipped = json.loads((ROOT / "src/deidentify/safe_harbor.json").read_text())
        file = self.data.parent / "configuration.json"
        file.write_text(json.dumps({**shipped, "dates": "year", "elements": {"Patient.gender": "remove"}}))
        server = self.server("--deidentification", str(file))
        with contextlib.closing(server.client()) as client:
            self.assertEqual(client.put("Patient/p1", PATIENT).status, 201)
        made = self.deidentified(server)
        self.assertNotIn("gender", made)
        self.assertEqual(made["deceasedDateTime"], "2020")
        self.assertEqual(server.stop(), 0)
        file.write_text('{"types": {"Nothing": "keep"}}')
        with self.assertRaisesRegex(RuntimeError, "configuration.json.*Nothing is no type"):
            server.start()


if __name__ == "__main__":
    unittest.main()
