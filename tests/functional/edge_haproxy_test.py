#!/usr/bin/env python3
"""HAProxy in front of two nodes, with the configuration of deploy/haproxy."""

import json
import subprocess
import unittest
import urllib.request

import edge_properties
from edge import HaproxyEdge


class HaproxyTest(HaproxyEdge, edge_properties.EdgeProperties):
    def test_plain_http_is_sent_to_https(self):
        self.fake_nodes(a=None, b=None)
        result = subprocess.run(["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}",
                                 f"http://localhost:{self.plain_port}/fhir/x"], capture_output=True, timeout=30)
        self.assertEqual(result.stdout.decode(), f"308 https://localhost:{self.plain_port}/fhir/x")

    def test_sockets_stick_by_a_cookie(self):
        self.fake_nodes(a=None, b=None)
        _, name, cookie = self.open_socket("127.0.0.2")
        self.assertTrue(cookie.startswith("vesta_node="))
        for number in range(3, 13):  # from wherever it comes
            self.assertEqual(self.open_socket(f"127.0.0.{number}", cookie)[1], name)

    def test_own_refusals_are_outcomes(self):
        a, b = self.fake_nodes(a=None, b=None)
        a.ready = b.ready = False
        edge_properties.wait_until(lambda: self.ask("Patient").status == 503, "both are out")
        answer = self.ask("Patient")
        self.assertEqual(json.loads(answer.body)["resourceType"], "OperationOutcome")
        self.assertEqual(answer.headers["Retry-After"], "2")
        self.assertTrue(answer.headers["X-Request-Id"])

    def test_its_own_metrics(self):
        self.fake_nodes(a=None, b=None)
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=10) as answer:
            self.assertIn(b"haproxy_backend_status", answer.read())


if __name__ == "__main__":
    unittest.main()
