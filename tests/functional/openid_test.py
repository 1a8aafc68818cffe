#!/usr/bin/env python3
"""A real OpenID provider, Keycloak, signs users in, in a real browser."""

import contextlib
import re
import signal
import unittest

import keycloak
from browser import DRIVER, Browser, Pages
from harness import WORK
from sign_in import BrowserSignInTest, claims_of

SCOPE = "openid fhirUser launch/patient patient/*.rs"


class OpenIdTest(BrowserSignInTest):
    scope = SCOPE

    @classmethod
    def setUpClass(cls):
        if DRIVER is None or keycloak.JAVA is None or not keycloak.DISTRIBUTION.exists():
            raise unittest.SkipTest("no chromedriver, Java or Keycloak: ./dev setup fetches them")
        WORK.mkdir(parents=True, exist_ok=True)
        cls.provider = keycloak.Keycloak(WORK, "ada", "eve")
        cls.addClassCleanup(cls.provider.close)

    def setUp(self):
        super().setUp()
        self.pages = Pages({"/app.html": ("text/html", b"<!DOCTYPE html><p id=app>back</p>")})
        self.addCleanup(self.pages.close)
        self.redirect = self.pages.origin + "/app.html"
        self.words("client", "add", "App", "--id", "app", "--public", "--scope", SCOPE,
                   "--redirect-uri", self.redirect)
        added = self.words("user", "add", "ada", "--policy", "patient", "--fhir-user", "Patient/ada",
                           "--identity", self.provider.issuer, keycloak.subject_of("ada"))
        self.assertNotIn("password", added)
        secret = self.words("client", "add", "Pipeline", "--id", "pipeline", "--policy", "backend",
                            "--scope", "system/*.cruds")["client_secret"]
        self.secret_file = self.folder / "secret"
        self.secret_file.write_text(keycloak.SECRET + "\n")
        self.start()
        bearer = "Bearer " + self.backend_token(self.running, "pipeline", secret)
        with contextlib.closing(self.running.client()) as client:
            self.assertEqual(client.put("Patient/ada", {"resourceType": "Patient", "id": "ada"},
                                        Authorization=bearer).status, 201)
        self.browser = Browser()
        self.addCleanup(self.browser.close)

    def start(self, *flags):
        self.running = self.server(
            "--openid-issuer", self.provider.issuer, "--openid-client-id", keycloak.CLIENT,
            "--openid-client-secret-file", str(self.secret_file), "--openid-name", "Clinic", *flags,
            has_access_control=True)
        self.origin = f"http://localhost:{self.running.port}"

    def begin(self, **more):
        self.ask_to_sign_in(nonce="n", **more)
        self.browser.click("form[action$=external] button")

    def sign_in_at_provider(self, name):
        self.browser.type("#kc-form-login #username", name)
        self.browser.type("#kc-form-login #password", keycloak.password_of(name))
        self.browser.click("#kc-login")

    def test_who_is_known_gets_a_token(self):
        self.begin()
        self.sign_in_at_provider("ada")
        self.assertIn("ada", self.browser.text("main:has(ul)"))
        tokens = self.allow()
        claims = claims_of(tokens)
        self.assertEqual(tokens["patient"], "ada")
        self.assertEqual(claims["fhirUser"], self.origin + "/fhir/Patient/ada")
        self.assertEqual((claims["nonce"], claims["acr"]), ("n", "1"))
        with contextlib.closing(self.running.client()) as client:
            read = client.get("Patient/ada", Authorization="Bearer " + tokens["access_token"])
        self.assertEqual(read.status, 200, read.body)

        self.begin()  # still signed in there
        self.assertEqual(self.allow()["patient"], "ada")
        self.begin(prompt="login")
        self.browser.type("#kc-form-login #password", keycloak.password_of("ada"))
        self.browser.click("#kc-login")
        self.assertEqual(self.allow()["patient"], "ada")
        self.assertNotIn(keycloak.SECRET, self.running.log())
        self.assertEqual(self.running.stop(), 0)

    def test_who_is_not_known_is_told_so(self):
        self.begin()
        self.sign_in_at_provider("eve")
        self.assertIn(f"signed you in as {keycloak.subject_of('eve')}, but nobody is known here by that",
                      self.browser.text("[role=alert]"))
        self.assertIn("nobody has this identity at the provider", self.running.log())
        self.assertEqual(self.running.stop(), 0)

    def test_it_may_be_the_only_way(self):
        self.assertEqual(self.running.stop(), 0)
        self.start("--openid-only")
        self.begin()
        self.sign_in_at_provider("ada")
        self.assertEqual(self.allow()["patient"], "ada")
        headers, page = self.authorize(self.running)
        self.assertNotIn('name="password"', page)
        state = re.search(r'name="state" value="([^"]+)"', page).group(1)
        status, _, page = self.form(self.running, "/auth/sign-in", headers["Set-Cookie"].split(";")[0], state=state,
                                    name="ada", password="x")
        self.assertEqual(status, 400, page)
        self.assertEqual(self.running.stop(), 0)

    def test_while_it_hangs_the_page_says_so(self):
        self.provider.signal(signal.SIGSTOP)
        self.addCleanup(self.provider.signal, signal.SIGCONT)
        self.begin()
        self.assertIn("Clinic does not answer just now", self.browser.text("[role=alert]"))
        self.assertEqual(self.running.stop(), 0)


if __name__ == "__main__":
    unittest.main()
