#!/usr/bin/env python3
"""Clients that drip, stall or do not read hold nobody up, and are cut in the end."""

import contextlib
import socket
import time
import unittest

from harness import FunctionalTest, observation

SLOW_CLIENTS = 200
REQUESTS = 300
WORST_SECONDS = 2.0  # of one ordinary request beside all the slow ones; a held-up one would take as long as a timeout


class SlowClientsTest(FunctionalTest):
    def connect(self, server, text):
        slow = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        self.addCleanup(slow.close)
        slow.sendall(text)
        return slow

    def assert_others_are_served(self, server, meanwhile=lambda: None):
        worst = 0
        with contextlib.closing(server.client()) as client:
            for number in range(REQUESTS):
                started = time.monotonic()
                answer = client.post("Observation", observation(number)) if number % 10 == 0 else client.get("metadata")
                self.assertIn(answer.status, (200, 201))
                worst = max(worst, time.monotonic() - started)
                if number % 10 == 0:
                    meanwhile()
        self.assertLess(worst, WORST_SECONDS)

    def drip(self, clients, byte):
        """One more byte from each; those that were cut are left alone."""
        for client in clients:
            with contextlib.suppress(OSError):
                client.send(byte)

    def assert_cut(self, slow, *statuses):
        """The server answers one of the statuses, or closes without a word."""
        text = b""
        with contextlib.suppress(ConnectionResetError):
            while chunk := slow.recv(65536):
                text += chunk
        if text:
            self.assertIn(int(text.split(b" ", 2)[1]), statuses, text[:200])

    def test_dripping_heads(self):
        server = self.server("--header-timeout-ms", "1500")
        slow = [self.connect(server, b"GET /fhir/metadata HTTP/1.1\r\nX-Drip: ") for _ in range(SLOW_CLIENTS)]
        self.assert_others_are_served(server, lambda: self.drip(slow, b"a"))
        self.assert_cut(slow[0], 408)
        self.assert_cut(slow[-1], 408)

    def test_dripping_bodies(self):
        server = self.server("--body-timeout-ms", "1500")
        head = (b"POST /fhir/Observation HTTP/1.1\r\nHost: x\r\nContent-Type: application/fhir+json\r\n"
                b"Content-Length: 9000\r\n\r\n{")
        slow = [self.connect(server, head) for _ in range(SLOW_CLIENTS)]
        self.assert_others_are_served(server, lambda: self.drip(slow, b" "))
        self.assert_cut(slow[0], 408)
        with contextlib.closing(server.client()) as client:
            self.assertEqual(client.get("Observation?_summary=count").json()["total"], REQUESTS // 10)

    def test_clients_that_do_not_read(self):
        server = self.server("--write-timeout-ms", "1500")
        request = b"GET /fhir/metadata HTTP/1.1\r\nHost: x\r\n\r\n"
        slow = []
        for _ in range(20):
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.settimeout(30)
            client.connect(("127.0.0.1", server.port))
            self.addCleanup(client.close)
            client.sendall(request * 50)  # CapabilityStatements: far more than all socket buffers hold
            slow.append(client)
        self.assert_others_are_served(server)

    def test_idle_connections_cost_nobody_else(self):
        server = self.server()
        for _ in range(500):
            self.connect(server, b"")
        self.assert_others_are_served(server)


if __name__ == "__main__":
    unittest.main()
