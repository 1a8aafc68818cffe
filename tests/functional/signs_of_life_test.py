#!/usr/bin/env python3
"""/healthz, /readyz, /metrics, request ids, logs, --version, --help, and configurations that are refused."""

import contextlib
import json
import re
import unittest

from harness import FunctionalTest, free_port, observation

SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[^}]*\})? (NaN|[+-]Inf|[-+0-9.eE]+)$')


def samples(text):
    """Prometheus' text format: series -> value; every line must be one of the format's."""
    series = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            match = SAMPLE.match(line)
            if not match:
                raise AssertionError(f"not a sample: {line!r}")
            series[match.group(1) + (match.group(2) or "")] = float(match.group(3))
    return series


class SignsOfLifeTest(FunctionalTest):
    def test_health_and_readiness(self):
        with contextlib.closing(self.server().client()) as client:
            self.assertEqual(client.get("/healthz").status, 200)
            self.assertEqual(client.get("/readyz").status, 200)
            root = client.get("/")
            self.assertEqual(root.status, 200)
            self.assertIn(b"/fhir", root.body)

    def test_metrics_count_requests(self):
        with contextlib.closing(self.server().client()) as client:
            before = samples(client.get("/metrics").body.decode())
            for number in range(5):
                self.assertEqual(client.post("Observation", observation(number)).status, 201)
            answer = client.get("/metrics")
            self.assertTrue(answer.headers["Content-Type"].startswith("text/plain"))
            after = samples(answer.body.decode())
        grown = {name: after[name] - before.get(name, 0) for name in after}
        creates = [name for name in grown if "create" in name and name.split("{")[0].endswith("_count")]
        self.assertTrue(creates, sorted(after))
        self.assertEqual([grown[name] for name in creates], [5.0] * len(creates))
        for part in ("queue", "group", "fsync", "bytes"):
            self.assertTrue(any(part in name for name in after), part)

    def test_request_ids(self):
        server = self.server("--log-level", "debug")
        with contextlib.closing(server.client()) as client:
            self.assertEqual(client.get("metadata", X_Request_Id="my-id-1").headers["X-Request-Id"], "my-id-1")
            made = [client.get("metadata").headers["X-Request-Id"] for _ in range(3)]
            self.assertEqual(len(set(made)), 3)
            self.assertTrue(all(made))
            refused = client.get("Patient/none", X_Request_Id="my-id-2")
            self.assertEqual(refused.headers["X-Request-Id"], "my-id-2")
            self.assert_outcome(refused, 404)
        self.assertEqual(server.stop(), 0)
        lines = [json.loads(line) for line in server.log().splitlines() if line.startswith("{")]
        statuses = {line["request_id"]: line["status"] for line in lines if line["message"] == "request"}
        for request_id, status in {"my-id-1": 200, "my-id-2": 404, **{each: 200 for each in made}}.items():
            self.assertEqual(statuses.get(request_id), status, f"the log has the request {request_id}")

    def requests_logged(self, *flags):
        server = self.server(*flags)
        with contextlib.closing(server.client()) as client:
            client.get("Patient?family=Secret", X_Request_Id="search-1")
            client.get("/healthz", X_Request_Id="probe-1")
        self.assertEqual(server.stop(), 0)
        self.assertNotIn("Secret", server.log())
        lines = [json.loads(line) for line in server.log().splitlines() if line.startswith("{")]
        return [line for line in lines if line["message"] == "request"]

    def test_access_log(self):
        (line,) = self.requests_logged()
        self.assertEqual((line["request_id"], line["method"], line["path"], line["status"]),
                         ("search-1", "GET", "/fhir/Patient", 200))
        self.assertGreater(line["bytes"], 0)
        self.assertGreaterEqual(line["elapsed_ms"], 0)
        self.assertEqual(line["elapsed_ms"], round(line["elapsed_ms"], 3), "whole microseconds")

    def test_access_log_can_be_switched_off(self):
        self.assertEqual(self.requests_logged("--access-log", "false"), [])

    def test_version_and_help(self):
        self.assertRegex(self.vesta("--version").stdout.decode(), r"\d+\.\d+\.\d+")
        for command in ("serve", "import", "export", "sample", "check"):
            self.assertIn(command, self.vesta("--help").stdout.decode())
            self.assertIn("--help", self.vesta(command, "--help").stdout.decode())

    def refuse(self, *arguments):
        result = self.vesta(*arguments, check=False, timeout=20)
        self.assertNotEqual(result.returncode, 0, arguments)
        self.assertTrue(result.stdout + result.stderr)

    def test_unsafe_or_wrong_configurations_are_refused(self):
        port = str(free_port())
        self.refuse("serve", "--data", self.data, "--port", port, "--address", "0.0.0.0")  # tokens without TLS
        self.refuse("serve", "--data", self.data, "--port", port, "--open", "--address", "0.0.0.0")
        self.refuse("serve", "--data", self.data, "--port", "70000", "--open")
        self.refuse("serve", "--data", self.data, "--no-such-flag")
        self.refuse("serve", "--data", self.data, "--port", port, "--open", "--cache", "memcached://localhost")
        self.refuse("serve", "--config", self.folder / "absent.toml", "--open")
        broken = self.folder / "broken.toml"
        broken.write_text("port = \n")
        self.refuse("serve", "--config", broken, "--data", self.data, "--open")
        unknown = self.folder / "unknown.toml"
        unknown.write_text("no_such_option = 1\n")
        self.refuse("serve", "--config", unknown, "--data", self.data, "--open")


if __name__ == "__main__":
    unittest.main()
