"""A user who signs in to an app as a browser does it."""

import base64
import hashlib
import json
import re
import urllib.parse

from harness import FunctionalTest

REDIRECT = "http://127.0.0.1:1/callback"
VERIFIER = "a-verifier-of-forty-three-characters-or-more"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def claims_of(tokens):
    """What the ID token says; the tests of the server verify such ones."""
    payload = tokens["id_token"].split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


class SignInTest(FunctionalTest):
    app = "app"  # the client that asks
    user = "ada"  # who signs in
    redirect = REDIRECT

    def add_ada(self, scope):
        """Before the server runs: the app, and the user ada, who is the Patient of this id."""
        self.scope = scope
        self.words("client", "add", "App", "--id", "app", "--public", "--scope", scope, "--redirect-uri", REDIRECT)
        ada = self.words("user", "add", "ada", "--policy", "patient", "--fhir-user", "Patient/ada")
        self.password = ada["password"]

    def authorize(self, server):
        """The headers and the text of the page that asks for a name."""
        status, headers, page = self.form(
            server, "/auth/authorize", response_type="code", client_id=self.app, redirect_uri=self.redirect,
            scope=self.scope, state="s", aud=f"http://localhost:{server.port}/fhir", code_challenge=CHALLENGE,
            code_challenge_method="S256")
        self.assertEqual(status, 200, page)
        return headers, page

    def sign_in(self, server, code=None):
        """From the client's request to its tokens; `code`: of a second factor."""
        headers, page = self.authorize(server)
        for path, fields in (("/auth/sign-in", {"name": self.user, "password": self.password}),
                             *([("/auth/second-factor", {"code": code})] if code else []),
                             ("/auth/consent", {"decision": "allow"})):
            state = re.search(r'name="state" value="([^"]+)"', page).group(1)
            cookie = headers["Set-Cookie"].split(";")[0]
            status, headers, page = self.form(server, path, cookie, state=state, **fields)
        self.assertEqual(status, 303, page)
        answer = urllib.parse.parse_qs(urllib.parse.urlparse(headers["Location"]).query)
        self.assertEqual(answer["state"], ["s"])
        return self.token(server, grant_type="authorization_code", client_id=self.app, redirect_uri=self.redirect,
                          code=answer["code"][0], code_verifier=VERIFIER)


class BrowserSignInTest(SignInTest):
    """The same in a real browser. Who uses it sets `browser`, `running`, `redirect` and `scope`."""

    def ask_to_sign_in(self, **more):
        origin = f"http://localhost:{self.running.port}"
        self.browser.open(origin + "/auth/authorize?" + urllib.parse.urlencode(
            {"response_type": "code", "client_id": self.app, "redirect_uri": self.redirect, "scope": self.scope,
             "state": "s", "aud": origin + "/fhir", "code_challenge": CHALLENGE, "code_challenge_method": "S256",
             **more}))

    def allow(self):
        """The answer with the tokens."""
        self.browser.click("button[value=allow]")
        self.browser.element("#app")
        answer = urllib.parse.parse_qs(urllib.parse.urlparse(self.browser.address()).query)
        return self.token(self.running, grant_type="authorization_code", client_id=self.app, code=answer["code"][0],
                          redirect_uri=self.redirect, code_verifier=VERIFIER)
