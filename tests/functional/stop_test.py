#!/usr/bin/env python3
"""A graceful stop: what is in flight is finished and answered, nothing new is taken."""

import contextlib
import json
import os
import signal
import socket
import time
import unittest

from harness import FHIR_JSON, FunctionalTest, observation, total

ENTRIES = 2000


def bundle(count):
    entries = [{"resource": observation(n), "request": {"method": "POST", "url": "Observation"}} for n in range(count)]
    return json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries}).encode()


class StopTest(FunctionalTest):
    def begin_transaction(self, server, body):
        """Sends a whole request whose head the server has confirmed to have read."""
        connection = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        self.addCleanup(connection.close)
        head = (f"POST /fhir HTTP/1.1\r\nHost: localhost\r\nContent-Type: {FHIR_JSON}\r\n"
                f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n")
        connection.sendall(head.encode())
        self.assertIn(b" 100 ", connection.recv(4096))
        connection.sendall(body)
        return connection

    def read_to_the_end(self, connection):
        text = b""
        while chunk := connection.recv(65536):
            text += chunk
        return text

    def stop_in_flight(self, signal_number):
        server = self.server()
        connection = self.begin_transaction(server, bundle(ENTRIES))
        server.process.send_signal(signal_number)
        text = self.read_to_the_end(connection)
        self.assertTrue(text.startswith(b"HTTP/1.1 200 "), text[:300])
        head, body = text.split(b"\r\n\r\n", 1)
        self.assertIn(b"connection: close", head.lower())
        self.assertEqual(len(json.loads(body)["entry"]), ENTRIES)
        self.assertEqual(server.process.wait(30), 0)
        with self.assertRaises(OSError):
            socket.create_connection(("127.0.0.1", server.port), timeout=5)
        server.start()
        with contextlib.closing(server.client()) as client:
            self.assertEqual(total(client, "Observation"), ENTRIES)

    def test_terminate_finishes_what_is_in_flight(self):
        self.stop_in_flight(signal.SIGTERM)

    def test_interrupt_does_the_same(self):
        self.stop_in_flight(signal.SIGINT)

    def test_idle_connections_do_not_delay_the_stop(self):
        server = self.server()
        for _ in range(50):
            idle = socket.create_connection(("127.0.0.1", server.port), timeout=30)
            self.addCleanup(idle.close)
        self.assertEqual(server.stop(), 0)

    def test_a_draining_server_still_answers(self):
        server = self.server("--drain-ms", "5000")
        with contextlib.closing(server.client()) as client:
            made = client.post("Observation", observation(1))
            self.assertEqual(made.status, 201)
            path = "Observation/" + made.json()["id"]
            server.process.send_signal(signal.SIGTERM)
            deadline = time.monotonic() + 10
            while client.get("/readyz").status != 503:
                self.assertLess(time.monotonic(), deadline, "not draining")
            self.assertEqual(client.get(path).status, 200)
        self.assertEqual(server.process.wait(30), 0)

    def test_the_store_is_one_clean_file_afterwards(self):
        server = self.server()
        with contextlib.closing(server.client()) as client:
            self.assertEqual(client.post("Observation", observation(1)).status, 201)
        self.assertEqual(server.stop(), 0)
        leftovers = [name for name in os.listdir(self.data) if name.endswith(("-wal", "-journal"))
                     and os.path.getsize(self.data / name)]
        self.assertEqual(leftovers, [])
        self.assert_store_is_sound()


if __name__ == "__main__":
    unittest.main()
