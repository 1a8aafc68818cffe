"""A user who signs in to an app as a browser does it."""

import base64
import hashlib
import re
import urllib.parse

from harness import FunctionalTest

REDIRECT = "http://127.0.0.1:1/callback"
VERIFIER = "a-verifier-of-forty-three-characters-or-more"


class SignInTest(FunctionalTest):
    app = "app"  # the client that asks
    user = "ada"  # who signs in

    def add_ada(self, scope):
        """Before the server runs: the app, and the user ada, who is the Patient of this id."""
        self.scope = scope
        self.words("client", "add", "App", "--id", "app", "--public", "--scope", scope, "--redirect-uri", REDIRECT)
        ada = self.words("user", "add", "ada", "--policy", "patient", "--fhir-user", "Patient/ada")
        self.password = ada["password"]

    def authorize(self, server):
        """The headers and the text of the page that asks for a name."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
        status, headers, page = self.form(
            server, "/auth/authorize", response_type="code", client_id=self.app, redirect_uri=REDIRECT,
            scope=self.scope, state="s", aud=f"http://localhost:{server.port}/fhir", code_challenge=challenge,
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
        return self.token(server, grant_type="authorization_code", client_id=self.app, redirect_uri=REDIRECT,
                          code=answer["code"][0], code_verifier=VERIFIER)
