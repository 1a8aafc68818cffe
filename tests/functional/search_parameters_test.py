#!/usr/bin/env python3
"""A SearchParameter is indexed in the background: while others write, across kill -9, and to the same answer."""

import contextlib
import threading
import time
import unittest

from harness import FunctionalTest, observation

RESOURCES = 6000
BUNDLE = 500
WAIT_SECONDS = 120


def numbered(number):
    """An Observation whose note is found by no parameter of R4's."""
    return {**observation(number), "id": f"o{number}", "note": [{"text": f"remark {number % 7}"}]}


PARAMETER = {
    "resourceType": "SearchParameter", "id": "remark", "url": "http://example.org/remark", "name": "remark",
    "status": "active", "description": "remarks", "code": "remark", "base": ["Observation"], "type": "string",
    "expression": "Observation.note.text",
}


class SearchParametersTest(FunctionalTest):
    def load(self, client):
        for begin in range(0, RESOURCES, BUNDLE):
            entries = [{"resource": numbered(n), "request": {"method": "PUT", "url": f"Observation/o{n}"}}
                       for n in range(begin, begin + BUNDLE)]
            bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
            answer = client.post("", bundle)
            self.assertEqual(answer.status, 200, answer.body[:500])

    def wait_until_ready(self, client):
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            answer = client.get("Observation?remark=remark&_summary=count")
            if answer.status == 200:
                return answer.json()["total"]
            self.assert_outcome(answer, 503)
            self.assertIn("is being indexed", answer.json()["issue"][0]["diagnostics"])
            self.assertLess(time.monotonic(), deadline, "it is never ready")
            time.sleep(0.05)

    def jobs(self, client):
        answer = client.get("$index-status").json()
        return [{part["name"]: part.get("valueString", part.get("valueInteger")) for part in job["part"]}
                for job in answer.get("parameter", [])]

    def ids(self, client, query):
        found, path = [], query + "&_count=500"
        while path:
            page = client.get(path).json()
            found += [entry["resource"]["id"] for entry in page.get("entry", [])]
            links = {link["relation"]: link["url"] for link in page["link"]}
            path = links["next"].split("/fhir/", 1)[1] if "next" in links else None
        return sorted(found)

    def test_indexing_survives_a_kill_while_others_write(self):
        server = self.server()
        with contextlib.closing(server.client()) as client:
            self.load(client)
            self.assertEqual(client.put("SearchParameter/remark", PARAMETER).status, 201)
            deadline = time.monotonic() + WAIT_SECONDS
            while not any(0 < job["looked-at"] < RESOURCES for job in self.jobs(client)):
                self.assertLess(time.monotonic(), deadline, "no job was seen in its middle")
            server.kill()
        server.start()
        written, stop = {}, threading.Event()

        def write():
            with contextlib.closing(server.client()) as writer:
                number = 0
                while not stop.is_set():
                    note = f"changed {number % 5}"
                    resource = {**numbered(number), "note": [{"text": note}]}
                    if writer.put(f"Observation/o{number}", resource).status == 200:
                        written[f"o{number}"] = note
                    number = (number + 37) % RESOURCES

        thread = threading.Thread(target=write)
        thread.start()
        try:
            with contextlib.closing(server.client()) as client:
                self.assertIn("indexing goes on", server.log())
                self.wait_until_ready(client)
        finally:
            stop.set()
            thread.join()
        with contextlib.closing(server.client()) as client:
            jobs = self.jobs(client)
            self.assertEqual(jobs[-1]["status"], "completed", jobs)
            self.assertEqual(jobs[-1]["looked-at"], RESOURCES)
            self.assertEqual(jobs[-1]["failed"], 0)
            for value in range(7):
                expected = sorted(f"o{n}" for n in range(RESOURCES) if f"o{n}" not in written and n % 7 == value)
                self.assertEqual(self.ids(client, f"Observation?remark=remark%20{value}"), expected)
            for value in range(5):
                expected = sorted(name for name, note in written.items() if note == f"changed {value}")
                self.assertEqual(self.ids(client, f"Observation?remark=changed%20{value}"), expected)
        self.assertEqual(server.stop(), 0)
        self.assert_store_is_sound()
        server.start()
        with contextlib.closing(server.client()) as client:
            self.assertEqual(client.get("Observation?remark=changed&_summary=count").json()["total"], len(written))
            self.assertEqual(client.delete("SearchParameter/remark").status, 204)
            self.assert_outcome(client.get("Observation?remark=changed"), 400)
        self.assertEqual(server.stop(), 0)
        self.assert_store_is_sound()


if __name__ == "__main__":
    unittest.main()
