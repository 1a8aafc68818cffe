#!/usr/bin/env python3
"""Bad input that only a real connection can bring: it gets a clear 4xx, and nothing is changed."""

import contextlib
import socket
import unittest

from harness import FHIR_JSON, FunctionalTest, observation, total

MEGABYTE = 1024 * 1024


class BadHttpTest(FunctionalTest):
    def setUp(self):
        super().setUp()
        self.running = self.server()
        self.client = self.running.client()
        self.addCleanup(self.client.close)
        self.assertEqual(self.client.put("Observation/kept", {**observation(1), "id": "kept"}).status, 201)

    def tearDown(self):
        with contextlib.closing(self.running.client()) as client:
            self.assertEqual(total(client, "Observation"), 1)
            self.assertEqual(client.get("_history?_summary=count").json()["total"], 1)

    def raw(self, text):
        """What the server answers to these bytes, until it closes or the answer is complete."""
        with socket.create_connection(("127.0.0.1", self.running.port), timeout=30) as connection:
            with contextlib.suppress(ConnectionResetError, BrokenPipeError):
                connection.sendall(text)
                connection.shutdown(socket.SHUT_WR)
            answer = b""
            with contextlib.suppress(ConnectionResetError):
                while chunk := connection.recv(65536):
                    answer += chunk
        return answer

    def assert_raw(self, status, text):
        answer = self.raw(text)
        self.assertTrue(answer.startswith(f"HTTP/1.1 {status} ".encode()), answer[:300])
        self.assertIn(b"OperationOutcome", answer)

    def test_a_body_of_100_megabytes(self):
        head = (f"POST /fhir/Observation HTTP/1.1\r\nHost: localhost\r\nContent-Type: {FHIR_JSON}\r\n"
                f"Content-Length: {100 * MEGABYTE}\r\n\r\n").encode()
        self.assert_raw(413, head)  # refused by its announced length: not one byte of it was read
        with socket.create_connection(("127.0.0.1", self.running.port), timeout=30) as connection:
            length = f"Content-Length: {100 * MEGABYTE}".encode()
            connection.sendall(head.replace(length, b"Transfer-Encoding: chunked"))
            chunk = b"100000\r\n" + b" " * MEGABYTE + b"\r\n"
            with contextlib.suppress(ConnectionResetError, BrokenPipeError):
                for _ in range(100):
                    connection.sendall(chunk)
                connection.sendall(b"0\r\n\r\n")
            self.assertTrue(connection.recv(4096).startswith(b"HTTP/1.1 413 "))

    def test_10000_nested_arrays(self):
        body = b'{"resourceType":"Observation","status":"final","category":' + b"[" * 10000 + b"]" * 10000 + b"}"
        self.assert_outcome(self.client.post("Observation", body), 400)

    def test_invalid_utf8(self):
        body = b'{"resourceType":"Observation","status":"final","code":{"text":"\xff\xfe"}}'
        self.assert_outcome(self.client.post("Observation", body), 400)

    def test_a_truncated_body(self):
        head = (f"POST /fhir/Observation HTTP/1.1\r\nHost: x\r\nContent-Type: {FHIR_JSON}\r\n"
                "Content-Length: 500\r\n\r\n{")
        self.assertNotIn(b"HTTP/1.1 2", self.raw(head.encode()))

    def test_limits_of_the_head(self):
        self.assert_outcome(self.client.get("Observation?code=" + "a" * 200_000), 414)
        with contextlib.closing(self.running.client()) as client:
            answer = client.get("Observation", X_Long="a" * 200_000)
            self.assertEqual(answer.status, 431)

    def test_ambiguous_lengths(self):
        post = b"POST /fhir/Observation HTTP/1.1\r\nHost: x\r\nContent-Type: application/fhir+json\r\n"
        self.assert_raw(400, post + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}")
        self.assert_raw(400, post + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")

    def test_garbage(self):
        self.assert_raw(400, b"\x16\x03\x01\x00garbage\r\n\r\n")
        self.assert_raw(400, b"GET /fhir/metadata\r\n\r\n")

    def test_methods_and_media_types(self):
        answer = self.client.request("PUT", "metadata", body="{}")
        self.assertEqual(answer.status, 405)
        answer = self.client.request("POST", "Observation", body="[] a fhir:Observation .",
                                     headers={"Content-Type": "text/turtle"})
        self.assert_outcome(answer, 415)
        self.assertEqual(self.client.get("Observation/kept", Accept="text/turtle").status, 406)


if __name__ == "__main__":
    unittest.main()
