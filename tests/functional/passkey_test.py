#!/usr/bin/env python3
"""Passkeys in a real browser, with an authenticator that its driver has."""

import base64
import unittest

from browser import DRIVER, Browser, Pages
from sign_in import BrowserSignInTest, claims_of

SCOPE = "openid launch/patient patient/*.rs"


class PasskeyTest(BrowserSignInTest):
    scope = SCOPE

    def setUp(self):
        super().setUp()
        if DRIVER is None:
            self.skipTest("no chromedriver: ./dev setup installs it")
        self.pages = Pages({"/app.html": ("text/html", b"<!DOCTYPE html><p id=app>back</p>")})
        self.addCleanup(self.pages.close)
        self.redirect = self.pages.origin + "/app.html"
        self.words("client", "add", "App", "--id", "app", "--public", "--scope", SCOPE,
                   "--redirect-uri", self.redirect)
        self.passwords, self.links = {}, {}
        for name in ("ada", "bob"):
            added = self.words("user", "add", name, "--policy", "patient", "--fhir-user", f"Patient/{name}")
            self.passwords[name] = added["password"]
            link = self.words("user", "passkey", name, "--base-url", "https://vesta.example/fhir")["link"]
            self.assertTrue(link.startswith("https://vesta.example/auth/passkeys?invitation="), link)
            self.links[name] = link.removeprefix("https://vesta.example")
        self.start()

    def start(self):
        self.running = self.server(has_access_control=True)
        self.origin = f"http://localhost:{self.running.port}"  # the port is another each time: no part of a passkey
        self.browser = Browser()
        self.addCleanup(self.browser.close)
        self.authenticator = self.browser.add_authenticator()

    def passkeys(self):
        return self.browser.command("GET", self.authenticator + "/credentials")

    def set_up(self, name):
        self.browser.open(self.origin + self.links[name])
        self.assertIn(name, self.browser.text("main"))
        self.browser.type("#password", self.passwords[name])
        self.browser.click("button")
        self.browser.click("form[data-passkey] button")
        self.browser.element("main:not(:has(form))")
        self.assertIn("passkey is set up", self.browser.text("h1"))

    def enter(self, name):
        self.browser.type("#name", name)
        self.browser.type("#password", self.passwords[name])
        self.browser.click("button")

    def signed_in(self):
        """(the patient, how the user has signed in)"""
        tokens = self.allow()
        return tokens["patient"], claims_of(tokens)["amr"]

    def test_a_passkey_beside_the_password_and_instead_of_it(self):
        self.set_up("ada")
        (kept,) = self.passkeys()
        self.assertEqual((kept["rpId"], kept["isResidentCredential"]), ("localhost", True))
        self.ask_to_sign_in()
        self.enter("ada")
        self.browser.click("form[data-passkey] button")
        self.assertEqual(self.signed_in(), ("ada", ["pwd", "pop", "user", "mfa"]))
        self.ask_to_sign_in()
        self.browser.click("form[data-passkey] button")
        self.assertEqual(self.signed_in(), ("ada", ["pop", "user", "mfa"]))

        self.browser.open(self.origin + self.links["ada"])
        self.assertIn("not good", self.browser.text("[role=alert]"))
        self.assertEqual(self.running.stop(), 0)
        self.assertNotIn(self.links["ada"].split("=")[1], self.running.log())
        self.vesta("user", "passkey", "ada", "--off", "--data", self.data)
        self.start()
        self.ask_to_sign_in()
        self.enter("ada")
        self.assertEqual(self.signed_in(), ("ada", ["pwd"]))
        self.assertEqual(self.running.stop(), 0)

    def test_another_users_passkey_does_not_work(self):
        self.set_up("bob")
        self.ask_to_sign_in()
        self.browser.click("form[data-passkey] button")
        self.assertEqual(self.signed_in(), ("bob", ["pop", "user", "mfa"]))
        # Theirs is asked for behind their own password alone: the authenticator has none that is ada's.
        self.browser.command("DELETE", self.authenticator)
        bobs, self.authenticator = self.authenticator, self.browser.add_authenticator()
        self.assertNotEqual(bobs, self.authenticator)
        self.set_up("ada")
        self.ask_to_sign_in()
        self.enter("bob")
        self.browser.click("form[data-passkey] button")
        self.assertIn("did not work", self.browser.text("[role=alert]:not([hidden])"))
        self.ask_to_sign_in()
        self.browser.click("form[data-passkey] button")
        self.assertEqual(self.signed_in(), ("ada", ["pop", "user", "mfa"]))
        # One that knows whose it is, but is not known here.
        (kept,) = self.passkeys()
        self.browser.command("DELETE", self.authenticator + "/credentials")
        stranger = {**kept, "credentialId": base64.urlsafe_b64encode(b"a stranger's id").decode()}
        self.browser.command("POST", self.authenticator + "/credential", stranger)
        self.ask_to_sign_in()
        self.browser.click("form[data-passkey] button")
        self.assertIn("not accepted", self.browser.text("main > [role=alert]"))
        self.assertEqual(self.running.stop(), 0)


if __name__ == "__main__":
    unittest.main()
