#!/usr/bin/env python3
"""A large answer is sent while it is made: in chunks, compressed or not, to clients of HTTP/1.0 too."""

import collections
import contextlib
import gzip
import json
import socket
import unittest

from harness import FunctionalTest, observation

COUNT = 2500


class EverythingTest(FunctionalTest):
    def setUp(self):
        super().setUp()
        self.running = self.server()
        with contextlib.closing(self.running.client()) as client:
            patient = {"resourceType": "Patient", "id": "p"}
            self.assertEqual(client.put("Patient/p", patient).status, 201)
            entries = [
                {"resource": {**observation(number), "subject": {"reference": "Patient/p"}},
                 "request": {"method": "POST", "url": "Observation"}}
                for number in range(COUNT)
            ]
            batch = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
            self.assertEqual(client.post("", batch).status, 200)

    def assert_whole(self, text):
        bundle = json.loads(text)
        self.assertEqual([link["relation"] for link in bundle["link"]], ["self"])
        urls = collections.Counter(entry["fullUrl"] for entry in bundle["entry"])
        self.assertEqual(len(urls), COUNT + 1)
        self.assertEqual(set(urls.values()), {1})

    def test_in_chunks(self):
        with contextlib.closing(self.running.client()) as client:
            for _ in range(2):  # on one connection
                answer = client.get("Patient/p/$everything")
                self.assertEqual(answer.headers["Transfer-Encoding"], "chunked")
                self.assert_whole(answer.body)

    def test_compressed(self):
        with contextlib.closing(self.running.client()) as client:
            answer = client.get("Patient/p/$everything", **{"Accept-Encoding": "gzip"})
            self.assertEqual(answer.headers["Content-Encoding"], "gzip")
            self.assert_whole(gzip.decompress(answer.body))

    def test_to_a_client_of_http_1_0(self):
        with socket.create_connection(("127.0.0.1", self.running.port), timeout=30) as connection:
            connection.sendall(b"GET /fhir/Patient/p/$everything HTTP/1.0\r\n\r\n")
            answer = b""
            while part := connection.recv(65536):
                answer += part
        self.assert_whole(answer.split(b"\r\n\r\n", 1)[1])


if __name__ == "__main__":
    unittest.main()
