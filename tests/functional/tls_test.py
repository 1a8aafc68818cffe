#!/usr/bin/env python3
"""HTTPS: a client that verifies the certificate is served, and the links of the answers are https."""

import contextlib
import ssl
import subprocess
import unittest

from harness import FunctionalTest, observation


class TlsTest(FunctionalTest):
    def make_certificate(self):
        certificate, key = self.folder / "certificate.pem", self.folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                        "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                        "-keyout", key, "-out", certificate], check=True, capture_output=True, timeout=60)
        return certificate, key

    def test_links_are_https(self):
        certificate, key = self.make_certificate()
        server = self.server("--tls-certificate", str(certificate), "--tls-key", str(key),
                             tls=ssl.create_default_context(cafile=str(certificate)))
        base = f"https://localhost:{server.port}/fhir"
        with contextlib.closing(server.client()) as client:
            for number in range(2):
                made = client.post("Observation", observation(number))
                self.assertEqual(made.status, 201)
                self.assertTrue(made.headers["Location"].startswith(f"{base}/Observation/"), made.headers["Location"])
                self.assertEqual(made.headers["Strict-Transport-Security"], "max-age=31536000")
                self.assertEqual(made.headers.get_all("X-Content-Type-Options"), ["nosniff"])
            bundle = client.get("Observation?_count=1").json()
            links = {link["relation"]: link["url"] for link in bundle["link"]}
            self.assertIn("next", links)
            for url in [*links.values(), bundle["entry"][0]["fullUrl"]]:
                self.assertTrue(url.startswith(base), url)
            following = client.get(links["next"].removeprefix(f"https://localhost:{server.port}"))
            self.assertEqual(len(following.json()["entry"]), 1)
        self.assertEqual(server.stop(), 0)

    def test_clients_show_a_certificate(self):
        certificate, key = self.make_certificate()
        own, own_key, stranger = (self.folder / name for name in ("own.pem", "own-key.pem", "stranger.pem"))
        certificate.rename(own)
        key.rename(own_key)
        certificate, key = self.make_certificate()
        certificate.rename(stranger)
        stranger_key = self.folder / "stranger-key.pem"
        key.rename(stranger_key)
        certificate, key = self.make_certificate()
        flags = ["--tls-certificate", certificate, "--tls-key", key, "--tls-client-ca", own]
        right, none = (ssl.create_default_context(cafile=str(certificate)) for _ in range(2))
        right.load_cert_chain(own, own_key)
        wrong = ssl.create_default_context(cafile=str(certificate))
        wrong.load_cert_chain(stranger, stranger_key)
        for mode, others in (("required", False), ("optional", True)):
            server = self.server(*map(str, flags), "--tls-client-certificates", mode, tls=right)
            for context, may_enter in ((right, True), (none, others), (wrong, False)):
                server.tls = context
                with contextlib.closing(server.client()) as client:
                    if may_enter:
                        self.assertEqual(client.get("metadata").status, 200)
                    else:
                        with self.assertRaises((ssl.SSLError, ConnectionError)):
                            client.get("metadata")
            server.tls = right
            self.assertEqual(server.stop(), 0)
        result = self.vesta("serve", "--data", self.data, "--port", "0", "--open", "--tls-client-ca", own, check=False,
                            timeout=20)
        self.assertEqual(result.returncode, 1)
        self.assertIn("--tls-client-ca needs TLS", result.stderr.decode())

    def test_without_trust_there_is_no_connection(self):
        certificate, key = self.make_certificate()
        server = self.server("--tls-certificate", str(certificate), "--tls-key", str(key),
                             tls=ssl.create_default_context(cafile=str(certificate)))
        server.tls = ssl.create_default_context()
        with contextlib.closing(server.client()) as client, self.assertRaises(ssl.SSLCertVerificationError):
            client.get("metadata")

    def test_a_key_that_is_absent_or_of_another_certificate_is_named(self):
        certificate, key = self.make_certificate()
        other = self.folder / "other.pem"
        key.rename(other)
        _, key = self.make_certificate()
        for bad in (self.folder / "absent.pem", other, certificate):
            result = self.vesta("serve", "--data", self.data, "--port", "0", "--open", "--tls-certificate", certificate,
                                "--tls-key", bad, check=False, timeout=20)
            self.assertEqual(result.returncode, 1, bad)
            self.assertIn(str(bad), result.stderr.decode())


if __name__ == "__main__":
    unittest.main()
