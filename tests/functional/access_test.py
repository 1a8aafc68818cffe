#!/usr/bin/env python3
"""Access control is on: clients and users made by commands, tokens, a sign-in as a browser does it, a restart."""

import base64
import contextlib
import hmac
import json
import re
import struct
import subprocess
import sys
import time
import unittest
import urllib.parse

from harness import BINARY, ROOT, Server, total
from sign_in import SignInTest, claims_of


def one_time_code(secret):
    """Of now. https://www.rfc-editor.org/rfc/rfc6238#section-4"""
    digest = hmac.digest(base64.b32decode(secret), struct.pack(">Q", int(time.time()) // 30), "sha1")
    offset = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[offset:offset + 4])[0] & 0x7fffffff) % 10 ** 6:06}"


class AccessTest(SignInTest):
    def setUp(self):
        super().setUp()
        made = self.words("client", "add", "Pipeline", "--id", "pipeline", "--policy", "backend",
                          "--scope", "system/*.cruds")
        self.secret = made["client_secret"]
        self.add_ada("openid fhirUser launch/patient offline_access patient/*.rs")

    def guess(self, server, forwarded):
        """The status of a try to sign in by a wrong password."""
        headers, page = self.authorize(server)
        state = re.search(r'name="state" value="([^"]+)"', page).group(1)
        return self.form(server, "/auth/sign-in", headers["Set-Cookie"].split(";")[0], forwarded, state=state,
                         name="ada", password="a wrong password")[0]

    def test_each_sees_what_is_theirs(self):
        server = self.server(has_access_control=True)
        with contextlib.closing(server.client()) as client:
            refused = client.get("Patient")
            self.assert_outcome(refused, 401)
            self.assertEqual(refused.headers["WWW-Authenticate"], "Bearer")
            self.assertEqual(client.get("metadata").status, 200)
            backend = {"Authorization": "Bearer " + self.backend_token(server, "pipeline", self.secret)}
            for name in ("ada", "bob"):
                patient = {"resourceType": "Patient", "id": name}
                self.assertEqual(client.put(f"Patient/{name}", patient, **backend).status, 201)
            self.assertEqual(client.get("Patient?_summary=count", **backend).json()["total"], 2)
            self.assertEqual(client.get("Client?_summary=count", **backend).json()["total"], 0)

            tokens = self.sign_in(server)
            self.assertEqual(tokens["patient"], "ada")
            ada = {"Authorization": "Bearer " + tokens["access_token"]}
            self.assertEqual(client.get("Patient?_summary=count", **ada).json()["total"], 1)
            self.assertEqual(client.get("Patient/ada", **ada).status, 200)
            self.assert_outcome(client.get("Patient/bob", **ada), 404)
            self.assert_outcome(client.put("Patient/ada", {"resourceType": "Patient", "id": "ada"}, **ada), 403)
            broken = client.get("Patient/ada", Authorization="Bearer x")
            self.assert_outcome(broken, 401)
            self.assertIn("invalid_token", broken.headers["WWW-Authenticate"])
            metrics = client.get("/metrics").body.decode().splitlines()
            self.assertTrue('vesta_requests_total{interaction="oauth-token",status="2xx"} 2' in metrics)
        self.assertEqual(server.stop(), 0)
        self.assertTrue('"interaction":"oauth-consent","status":303' in server.log())
        for secret in (self.secret, self.password, tokens["access_token"], tokens["refresh_token"]):
            self.assertNotIn(secret, server.log())

    def test_a_restart_keeps_who_is_signed_in_and_commands_take_access_away(self):
        server = self.server(has_access_control=True)
        tokens = self.sign_in(server)
        base = f"http://localhost:{server.port}/fhir"
        self.assertEqual(server.stop(), 0)
        # A token is of one base: the next process, on another port, says which it is.
        server = self.server("--base-url", base, has_access_control=True)
        ada = {"Authorization": "Bearer " + tokens["access_token"]}
        with contextlib.closing(server.client()) as client:
            self.assertEqual(client.get("Patient?_summary=count", **ada).status, 200)
        again = self.token(server, grant_type="refresh_token", client_id="app", refresh_token=tokens["refresh_token"])
        self.assertNotEqual(again["refresh_token"], tokens["refresh_token"])
        self.assertEqual(server.stop(), 0)

        listed = self.vesta("user", "list", "--data", self.data).stdout.decode().split("\t")
        self.assertEqual(listed[1:], ["active", "ada\n"])
        self.vesta("user", "off", listed[0], "--data", self.data)
        server = self.server("--base-url", base, has_access_control=True)
        with contextlib.closing(server.client()) as client:
            self.assert_outcome(client.get("Patient", **ada), 401)
        status, _, body = self.form(server, "/auth/token", grant_type="refresh_token", client_id="app",
                                    refresh_token=again["refresh_token"])
        self.assertEqual((status, json.loads(body)["error"]), (400, "invalid_grant"))
        self.assertEqual(server.stop(), 0)

    def register(self, server):
        metadata = {"redirect_uris": ["https://app.example/"], "scope": "openid"}
        with contextlib.closing(server.client()) as client:
            answer = client.request("POST", "/auth/register", metadata, {"Content-Type": "application/json"})
            return answer.status, answer.json()

    def test_clients_register_themselves_where_they_may(self):
        server = self.server(has_access_control=True)
        self.assertNotEqual(self.register(server)[0], 201)
        self.assertEqual(server.stop(), 0)
        server = self.server("--client-registration", has_access_control=True)
        status, made = self.register(server)
        self.assertEqual(status, 201, made)
        self.assertEqual(server.stop(), 0)
        listed = self.vesta("client", "list", "--data", self.data).stdout.decode()
        self.assertIn(f"{made['client_id']}\tactive\tapp.example\n", listed)

    def test_demonstration_accounts_are_one_per_role(self):
        data, population = self.folder / "demonstration", self.folder / "population"
        self.vesta("sample", "--patients", 3, "--seed", 1, "--format", "ndjson", "--output", population)
        self.vesta("import", population, "--data", data)
        self.demo("make", BINARY, data, population / "population.ndjson")
        self.assertEqual((data / "demo-accounts.json").stat().st_mode & 0o777, 0o600)
        server = Server(data, (), has_access_control=True).start()
        self.addCleanup(server.__exit__)
        counts = {}
        for role in ("patient", "provider", "insurer", "administrator", "backend"):
            token = self.demo("token", data, role, "--base", f"http://localhost:{server.port}/fhir").strip()
            with contextlib.closing(server.client()) as client:
                counts[role] = [total(client, name, Authorization="Bearer " + token)
                                for name in ("Patient", "Observation", "Claim", "User")]
                self.check_caching(client, token)
        patients, observations, claims, _ = counts["backend"]
        self.assertEqual(counts["patient"][0], 1)
        self.assertTrue(0 < counts["patient"][1] <= counts["provider"][1] <= observations, counts)
        self.assertEqual(counts["insurer"][1], 0)
        self.assertTrue(0 < counts["insurer"][2] <= claims, counts)
        self.assertEqual(counts["administrator"], [0, 0, 0, 5])
        self.assertEqual((patients, counts["backend"][3]), (3, 0))
        self.check_researcher(server, data, observations)
        self.assertEqual(server.stop(), 0)

    def check_caching(self, client, token):
        """What one may see is not kept for who comes next."""
        for path, status, headers in (("Patient", 200, {"Authorization": "Bearer " + token}), ("Patient", 401, {}),
                                      ("Patient/none", 404, {"Authorization": "Bearer " + token})):
            answer = client.get(path, **headers)
            self.assertEqual((answer.status, answer.headers["Cache-Control"]), (status, "private, no-store"))
            self.assertIn("Authorization", answer.headers["Vary"])
        self.assertEqual(client.get("metadata").headers["Cache-Control"], "public, max-age=60")

    def test_what_varies_is_said_with_cors_too(self):
        with self.server("--cors-origin", "https://app.example", has_access_control=True) as server:
            with contextlib.closing(server.client()) as client:
                answer = client.get("Patient", Origin="https://app.example")
                vary = ", ".join(answer.headers.get_all("Vary"))
                self.assertEqual({each.strip() for each in vary.split(",")} & {"Authorization", "Origin"},
                                 {"Authorization", "Origin"})
            self.assertEqual(server.stop(), 0)

    def check_researcher(self, server, data, observations):
        token = self.demo("token", data, "researcher", "--base", f"http://localhost:{server.port}/fhir").strip()
        bearer = {"Authorization": "Bearer " + token}
        with contextlib.closing(server.client()) as client:
            self.assertEqual(total(client, "Observation", **bearer), observations)
            self.assertNotIn("total", client.get("Patient?_summary=count", **bearer).json())
            found = [entry["resource"] for entry in client.get("Patient", **bearer).json()["entry"]]
            self.assertEqual(len(found), 3)
            for patient in found:
                self.assertFalse({"name", "telecom", "photo", "text"} & set(patient))
                self.assertEqual(client.get("Patient/" + patient["id"], **bearer).json(), patient)
                seen = client.get("Observation?subject=Patient/" + patient["id"], **bearer).json()["entry"]
                self.assertEqual({entry["resource"]["subject"]["reference"] for entry in seen},
                                 {"Patient/" + patient["id"]})

    def demo(self, *arguments):
        command = [sys.executable, ROOT / "tools/demo/accounts.py", *arguments]
        return subprocess.run(list(map(str, command)), check=True, stdout=subprocess.PIPE, timeout=60).stdout.decode()

    def test_a_new_password_ends_the_sessions(self):
        server = self.server(has_access_control=True)
        tokens = self.sign_in(server)
        base = f"http://localhost:{server.port}/fhir"
        self.assertEqual(server.stop(), 0)
        changed = self.words("user", "password", "ada")["password"]
        self.assertNotEqual(changed, self.password)
        server = self.server("--base-url", base, has_access_control=True)
        ada = {"Authorization": "Bearer " + tokens["access_token"]}
        with contextlib.closing(server.client()) as client:
            self.assert_outcome(client.get("Patient", **ada), 401)
        status, _, body = self.form(server, "/auth/token", grant_type="refresh_token", client_id="app",
                                    refresh_token=tokens["refresh_token"])
        self.assertEqual((status, json.loads(body)["error"]), (400, "invalid_grant"))
        self.assertEqual(server.stop(), 0)
        self.password = changed
        server = self.server(has_access_control=True)
        self.assertEqual(self.sign_in(server)["patient"], "ada")
        self.assertEqual(server.stop(), 0)

    def test_an_identity_is_of_one_user(self):
        elsewhere = ("--identity", "https://op.example/realm", "sub-of-eve", "--data", self.data)
        self.assertEqual(self.vesta("user", "add", "eve", *elsewhere).stdout.split()[0], b"id", "no password is made")
        second = self.vesta("user", "add", "mallory", *elsewhere, check=False)
        self.assertEqual(second.returncode, 1)
        self.assertIn(b"'eve' is the user of this identity already", second.stderr)
        link = self.vesta("user", "passkey", "eve", "--data", self.data, check=False)
        self.assertEqual(link.returncode, 1)
        self.assertIn(b"'eve' has no password here", link.stderr)

    def test_a_second_factor_is_set_up_and_taken_away(self):
        printed = self.vesta("user", "totp", "ada", "--issuer", "Clinic & Co", "--data", self.data).stdout.decode()
        kinds, values = zip(*(line.split(None, 1) for line in printed.splitlines()))
        self.assertEqual(kinds, ("uri",) + 10 * ("recovery",))
        uri = urllib.parse.urlparse(values[0])
        self.assertEqual((uri.scheme, uri.netloc), ("otpauth", "totp"))
        self.assertEqual(urllib.parse.unquote(uri.path), "/Clinic & Co:ada")
        secret = urllib.parse.parse_qs(uri.query)["secret"][0]
        server = self.server(has_access_control=True)
        tokens = self.sign_in(server, one_time_code(secret))
        claims = claims_of(tokens)
        self.assertEqual((claims["amr"], claims["acr"]), (["pwd", "otp", "mfa"], "2"))
        self.assertEqual(self.sign_in(server, values[1])["patient"], "ada")
        base = f"http://localhost:{server.port}/fhir"
        self.assertEqual(server.stop(), 0)
        for told in (secret, values[1]):
            self.assertNotIn(told, server.log())
        self.vesta("user", "totp", "ada", "--off", "--data", self.data)
        server = self.server("--base-url", base, has_access_control=True)
        with contextlib.closing(server.client()) as client:
            ada = {"Authorization": "Bearer " + tokens["access_token"]}
            self.assert_outcome(client.get("Patient", **ada), 401)
        self.assertEqual(server.stop(), 0)
        server = self.server(has_access_control=True)
        self.assertEqual(self.sign_in(server)["patient"], "ada")
        self.assertEqual(server.stop(), 0)

    def test_guesses_count_by_the_address_that_a_trusted_proxy_names(self):
        server = self.server("--trusted-proxy", "192.0.2.7,127.0.0.0/8", has_access_control=True)
        self.assertEqual([self.guess(server, "203.0.113.1, 192.0.2.1") for _ in range(6)], [403] * 5 + [429])
        self.assertEqual(self.guess(server, "203.0.113.1, 192.0.2.2"), 403)
        self.assertEqual(server.stop(), 0)
        self.assertTrue('"address":"192.0.2.2"' in server.log())
        # Whoever connects could write the header: it takes no guess off a counter.
        server = self.server(has_access_control=True)
        self.assertEqual([self.guess(server, f"192.0.2.{i}") for i in range(6)], [403] * 5 + [429])
        self.assertEqual(server.stop(), 0)
        self.assertEqual(server.log().count("a proxy that is not trusted"), 1)

    def test_too_many_requests_are_refused(self):
        def statuses(count, path, **headers):
            with contextlib.closing(server.client()) as client:
                return [client.get(path, **headers).status for _ in range(count)]
        # A rate of 1 lets 10 come at once; the seconds that the rest takes are not counted on.
        server = self.server("--requests-per-address", "1", has_access_control=True)
        answers = statuses(40, "/fhir/metadata")
        self.assertEqual(answers[:10], [200] * 10)
        self.assertIn(429, answers)
        with contextlib.closing(server.client()) as client:
            refused = client.get("/fhir/metadata")
            while refused.status != 429:
                refused = client.get("/fhir/metadata")
            self.assertEqual((refused.headers["Retry-After"], refused.json()["issue"][0]["code"]), ("1", "throttled"))
            self.assertEqual(client.get("/healthz").status, 200)
            self.assertIn('vesta_rate_limited_total{by="address"}', client.get("/metrics").body.decode())
        self.assertEqual(server.stop(), 0)
        server = self.server("--requests-per-client", "1", has_access_control=True)
        bearer = {"Authorization": "Bearer " + self.sign_in(server)["access_token"]}
        self.assertIn(429, statuses(40, "/fhir/Patient/ada", **bearer))
        self.assertEqual(statuses(40, "/fhir/metadata"), [200] * 40)
        self.assertEqual(server.stop(), 0)

    def test_an_issuer_with_a_path_is_discovered(self):
        server = self.server("--base-url", "http://localhost/vesta/fhir", has_access_control=True)
        with contextlib.closing(server.client()) as client:
            for path in ("/.well-known/oauth-authorization-server/vesta",
                         "/vesta/.well-known/oauth-authorization-server", "/vesta/.well-known/openid-configuration"):
                self.assertEqual(client.get(path).json()["issuer"], "http://localhost/vesta", path)
        self.assertEqual(server.stop(), 0)

    def test_wrong_options_change_nothing(self):
        for arguments in (("client", "add", "X", "--id", "app", "--scope", "system/*.rs"),
                          ("client", "add", "X", "--id", "no id", "--scope", "system/*.rs"),
                          ("client", "add", "X", "--policy", "nowhere", "--scope", "system/*.rs"),
                          ("client", "add", "X", "--redirect-uri", "/callback", "--scope", "openid"),
                          ("client", "off", "nobody"), ("user", "add", "ada"), ("user", "password", "nobody")):
            result = self.vesta(*arguments, "--data", self.data, check=False)
            self.assertEqual(result.returncode, 1, arguments)
            self.assertTrue(result.stderr.startswith(b"vesta: "), result.stderr)
        self.assertEqual(len(self.vesta("client", "list", "--data", self.data).stdout.splitlines()), 2)
        self.assertEqual(len(self.vesta("user", "list", "--data", self.data).stdout.splitlines()), 1)
        self.assert_store_is_sound()


if __name__ == "__main__":
    unittest.main()
