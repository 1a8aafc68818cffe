#!/usr/bin/env python3
"""A database that takes only TLS with certificates of clients, and two roles: one owns the tables, one serves."""

import contextlib
import shutil
import subprocess
import unittest

from edge import wait_until
from harness import FunctionalTest, Server, observation, total
from postgres import Postgres

OWNER, SERVING = "vesta_owner", "vesta_serving"
VIEW = {"resourceType": "ViewDefinition", "name": "states", "status": "active", "resource": "Observation",
        "meta": {"tag": [{"system": "urn:vesta:view", "code": "materialised"}]},
        "select": [{"column": [{"name": "status", "path": "status"}]}]}


class DatabaseRolesTest(FunctionalTest):
    def setUp(self):
        super().setUp()
        postgres = Postgres(self)
        self.postgres, self.keys = postgres, postgres.folder
        self.make_authority("ca")
        self.make_authority("stranger")
        self.make_certificate("server", "localhost", "ca")
        for role in (OWNER, SERVING):
            self.make_certificate(role, role, "ca")
        hba = self.keys / "hba"
        hba.write_text(f"host all vesta 127.0.0.1/32 trust\nhostssl all {OWNER},{SERVING} 127.0.0.1/32 cert\n")
        for name in ("server.key", "server.pem", "ca.pem", "hba"):
            shutil.chown(self.keys / name, postgres.user.get("user"), postgres.user.get("group"))
        postgres.settings.update(ssl="on", ssl_cert_file=self.keys / "server.pem",
                                 ssl_key_file=self.keys / "server.key", ssl_ca_file=self.keys / "ca.pem", hba_file=hba)
        postgres.start()
        postgres.sql(f"CREATE ROLE {OWNER} LOGIN")
        postgres.sql(f"CREATE ROLE {SERVING} LOGIN")
        postgres.sql(f"CREATE DATABASE vesta OWNER {OWNER}")

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=60, cwd=self.keys)

    def make_authority(self, name):
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
                     "2", "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem")

    def make_certificate(self, name, subject, authority):
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
                     f"/CN={subject}", "-addext", "subjectAltName=DNS:localhost", "-keyout", f"{name}.key", "-out",
                     f"{name}.csr")
        self.openssl("x509", "-req", "-days", "2", "-in", f"{name}.csr", "-CA", f"{authority}.pem", "-CAkey",
                     f"{authority}.key", "-CAcreateserial", "-copy_extensions", "copy", "-out", f"{name}.pem")
        (self.keys / f"{name}.key").chmod(0o600)

    def url(self, role, host="localhost", authority="ca", certificate=None):
        certificate = certificate or role
        return (f"postgresql://{role}@{host}:{self.postgres.port}/vesta?sslmode=verify-full"
                f"&sslrootcert={self.keys}/{authority}.pem&sslcert={self.keys}/{certificate}.pem"
                f"&sslkey={self.keys}/{certificate}.key")

    def serve(self, url):
        server = Server(self.data, ["--store", url])
        self.addCleanup(server.__exit__)
        return server

    def test_serves_as_a_role_that_owns_nothing(self):
        self.vesta("migrate", "--store", self.url(OWNER), "--serving-role", SERVING)
        server = self.serve(self.url(SERVING)).start()
        # The next write makes a partition of the versions, as it were at the end of the first.
        last = (1 << 24) - 1
        server.stop()
        self.postgres.sql(f"UPDATE head SET seq = {last}", "vesta")
        server.start()
        with contextlib.closing(server.client()) as client:
            for number in range(3):
                self.assertEqual(client.post("Observation", observation(number)).status, 201)
            self.assertEqual(total(client, "Observation?code=8867-4"), 3)
            self.assertEqual(client.post("ViewDefinition", VIEW).status, 201)
            wait_until(lambda: self.postgres.sql("SELECT to_regclass('views.states')", "vesta"), "its table is there")
        self.assertEqual(self.postgres.sql("SELECT count(*) FROM views.states", "vesta"), "3")
        self.assertEqual(self.postgres.sql("SELECT count(*) FROM history_1", "vesta"), "4")
        self.assertEqual(self.postgres.sql("SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)"
                                           f" WHERE usename = '{SERVING}'"), "t")
        self.assertEqual(server.stop(), 0)
        self.vesta("check", "--store", self.url(SERVING))
        unknown = self.vesta("migrate", "--store", self.url(OWNER), "--serving-role", "nobody", check=False)
        self.assertNotEqual(unknown.returncode, 0)
        self.assertIn(b'role "nobody" does not exist', unknown.stderr)

    def test_who_owns_nothing_grants_nothing(self):
        self.vesta("migrate", "--store", self.url(OWNER), "--serving-role", SERVING)
        self.postgres.sql("CREATE ROLE other LOGIN")
        refused = self.vesta("migrate", "--store", self.url(SERVING), "--serving-role", "other", check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn(b"'other' was not granted what a node needs", refused.stderr)
        self.vesta("migrate", "--store", self.url(OWNER), "--serving-role", "other")
        self.vesta("migrate", "--store", self.url(SERVING), "--serving-role", "other")  # it is granted by now

    def test_who_is_not_let_in(self):
        self.vesta("migrate", "--store", self.url(OWNER), "--serving-role", SERVING)
        self.vesta("check", "--store", self.url(SERVING))
        plain = f"postgresql://{SERVING}@localhost:{self.postgres.port}/vesta?sslmode=disable"
        bare = (f"postgresql://{SERVING}@localhost:{self.postgres.port}/vesta?sslmode=verify-full"
                f"&sslrootcert={self.keys}/ca.pem&sslcert={self.keys}/none")
        for what, url in (("no TLS", plain), ("no certificate", bare),
                          ("another's certificate", self.url(SERVING, certificate=OWNER)),
                          ("another authority's server", self.url(SERVING, authority="stranger")),
                          ("another name's server", self.url(SERVING, host="127.0.0.1"))):
            with self.subTest(what):
                refused = self.vesta("check", "--store", url, check=False)
                self.assertNotEqual(refused.returncode, 0)
                self.assertIn(b"the database cannot be reached", refused.stderr + refused.stdout)


if __name__ == "__main__":
    unittest.main()
