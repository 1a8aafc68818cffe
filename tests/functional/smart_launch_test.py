#!/usr/bin/env python3
"""Clients that others wrote: an app signs users in, in a real browser, and a service asks for tokens of itself."""

import contextlib
import json
import os
import subprocess
import unittest
import urllib.parse

from browser import DRIVER, Browser, Pages
from harness import ROOT, FunctionalTest
from sign_in import REDIRECT, SignInTest

MODULES = ROOT / "tools/smart_clients/node_modules"
LIBRARY = MODULES / "fhirclient/build/fhir-client.js"
SCOPE = "openid fhirUser launch/patient offline_access patient/*.rs"

LAUNCH = """<!DOCTYPE html><html><head><script src="/fhir-client.js"></script></head><body><script>
const parameters = new URLSearchParams(location.search);
FHIR.oauth2.authorize({clientId: "app", scope: parameters.get("scope"), iss: parameters.get("iss"),
                       redirectUri: "/app.html"});
</script></body></html>"""

# What the app was told and could read stands in an element that is there when all has been done.
APP = """<!DOCTYPE html><html><head><script src="/fhir-client.js"></script></head><body><script>
async function tell() {
  const client = await FHIR.oauth2.ready();
  const before = client.state.tokenResponse;
  const patient = await client.patient.read();
  await client.refresh();
  const after = client.state.tokenResponse;
  const again = await client.request("Patient/" + patient.id);
  return {patient: patient, again: again,
          encounter: client.encounter.id, intent: before.intent, user: client.user.fhirUser, scope: before.scope,
          isNew: before.access_token != after.access_token && before.refresh_token != after.refresh_token};
}
function show(id, text) {
  const element = document.createElement("pre");
  element.id = id;
  element.textContent = text;
  document.body.append(element);
}
tell().then(told => show("told", JSON.stringify(told)), error => show("told", JSON.stringify({error: error.message})));
</script></body></html>"""


# A service with a key of its own; it prints what it was given.
SERVICE = """
const {Issuer} = require("openid-client");
const {generateKeyPair, exportJWK} = require("jose");
const fs = require("fs");
async function key(algorithm) {
  const {privateKey, publicKey} = await generateKeyPair(algorithm);
  const more = {kid: algorithm, alg: algorithm, use: "sig"};
  return [{...await exportJWK(privateKey), ...more}, {...await exportJWK(publicKey), ...more}];
}
async function make(file, keys) {
  const [mine, theirs] = [[], []];
  for (const algorithm of ["ES384", "RS384"]) {
    const [secret, open] = await key(algorithm);
    mine.push(secret);
    theirs.push(open);
  }
  fs.writeFileSync(keys, JSON.stringify({keys: theirs}));
  fs.writeFileSync(file, JSON.stringify({keys: mine}));
}
async function ask(file, base, algorithm) {
  const issuer = await Issuer.discover(base + "/.well-known/openid-configuration");
  const client = new issuer.Client({client_id: "service", token_endpoint_auth_method: "private_key_jwt",
                                    token_endpoint_auth_signing_alg: algorithm}, JSON.parse(fs.readFileSync(file)));
  const given = await client.grant({grant_type: "client_credentials", scope: "system/*.rs"});
  const told = await client.introspect(given.access_token);
  console.log(JSON.stringify({given: given, told: told}));
}
const [verb, ...rest] = process.argv.slice(2);
(verb == "make" ? make : ask)(...rest).catch(error => { console.error(error); process.exit(1); });
"""


def need_modules(test):
    if not LIBRARY.exists():
        test.skipTest(f"no {LIBRARY.relative_to(ROOT)}: ./dev setup fetches it")


class BackendServiceTest(FunctionalTest):
    def setUp(self):
        super().setUp()
        need_modules(self)
        self.script = self.folder / "service.js"
        self.script.write_text(SERVICE)

    def service(self, *arguments):
        command = ["node", str(self.script), *map(str, arguments)]
        result = subprocess.run(command, capture_output=True, timeout=60, env={**os.environ, "NODE_PATH": str(MODULES)})
        self.assertEqual(result.returncode, 0, result.stderr.decode())
        return result.stdout

    def test_a_service_proves_who_it_is_by_its_keys(self):
        mine, theirs = self.folder / "mine.json", self.folder / "theirs.json"
        self.service("make", mine, theirs)
        self.words("client", "add", "Service", "--id", "service", "--policy", "backend", "--scope", "system/*.rs",
                   "--jwks", theirs)
        server = self.server(has_access_control=True)
        for algorithm in ("ES384", "RS384"):
            answer = json.loads(self.service("ask", mine, f"http://localhost:{server.port}", algorithm))
            self.assertEqual(answer["given"]["scope"], "system/*.rs", answer)
            self.assertEqual((answer["told"]["active"], answer["told"]["client_id"]), (True, "service"), answer)
            with contextlib.closing(server.client()) as client:
                bearer = "Bearer " + answer["given"]["access_token"]
                self.assertEqual(client.get("Patient", Authorization=bearer).status, 200)
        self.assertEqual(server.stop(), 0)

    def test_a_service_publishes_its_keys(self):
        mine, theirs, later = (self.folder / name for name in ("mine.json", "theirs.json", "later.json"))
        self.service("make", mine, theirs)
        published = {"/jwks": ("application/json", theirs.read_bytes())}
        pages = Pages(published)
        self.addCleanup(pages.close)
        self.words("client", "add", "Service", "--id", "service", "--policy", "backend", "--scope", "system/*.rs",
                   "--jwks-url", pages.origin + "/jwks")
        server = self.server(has_access_control=True)
        base = f"http://localhost:{server.port}"
        for algorithm in ("ES384", "RS384"):
            answer = json.loads(self.service("ask", mine, base, algorithm))
            self.assertEqual((answer["told"]["active"], answer["told"]["client_id"]), (True, "service"), answer)
        self.assertEqual(server.stop(), 0)
        self.service("make", later, theirs)
        published["/jwks"] = ("application/json", theirs.read_bytes())
        server = self.server(has_access_control=True)  # with nothing kept
        answer = json.loads(self.service("ask", later, f"http://localhost:{server.port}", "ES384"))
        self.assertTrue(answer["told"]["active"], answer)
        with self.assertRaises(AssertionError):  # the command fails: the key is no longer one
            self.service("ask", mine, f"http://localhost:{server.port}", "ES384")
        self.assertEqual(server.stop(), 0)


class SmartLaunchTest(SignInTest):
    def setUp(self):
        super().setUp()
        if DRIVER is None:
            self.skipTest("no chromedriver: ./dev setup installs it")
        need_modules(self)
        html = "text/html; charset=utf-8"
        self.pages = Pages({"/launch.html": (html, LAUNCH.encode()), "/app.html": (html, APP.encode()),
                            "/fhir-client.js": ("text/javascript", LIBRARY.read_bytes())})
        self.addCleanup(self.pages.close)
        self.words("client", "add", "Growth charts", "--id", "app", "--public",
                   "--scope", SCOPE + " launch launch/encounter",
                   "--redirect-uri", self.pages.origin + "/app.html")
        self.words("client", "add", "EHR", "--id", "ehr", "--public", "--scope", "start-launch user/*.rs",
                   "--redirect-uri", REDIRECT)
        ada = self.words("user", "add", "ada", "--policy", "patient", "--fhir-user", "Patient/ada")
        self.password = ada["password"]
        tom = self.words("user", "add", "tom", "--policy", "patient", "--fhir-user", "RelatedPerson/tom")
        self.password_of_tom = tom["password"]
        printed = self.vesta("user", "totp", "tom", "--data", self.data).stdout.decode()
        self.codes_of_tom = [line.split()[1] for line in printed.splitlines() if line.startswith("recovery")]
        secret = self.words("client", "add", "Pipeline", "--id", "pipeline", "--policy", "backend",
                            "--scope", "system/*.cruds")["client_secret"]
        self.running = self.server("--cors-origin", self.pages.origin, has_access_control=True)
        self.base = f"http://localhost:{self.running.port}/fhir"
        bearer = "Bearer " + self.backend_token(self.running, "pipeline", secret)
        with contextlib.closing(self.running.client()) as client:
            ada = {"resourceType": "Patient", "id": "ada", "name": [{"given": ["Ada"], "family": "Lovelace"}]}
            tom = {"resourceType": "RelatedPerson", "id": "tom", "patient": {"reference": "Patient/ada"}}
            visit = {"resourceType": "Encounter", "id": "visit", "status": "planned", "class": {"code": "AMB"},
                     "subject": {"reference": "Patient/ada"}}
            for resource in (ada, tom, visit):
                path = f"{resource['resourceType']}/{resource['id']}"
                self.assertEqual(client.put(path, resource, Authorization=bearer).status, 201)
        self.browser = Browser()
        self.addCleanup(self.browser.close)

    def launch(self, scope=SCOPE, **more):
        query = urllib.parse.urlencode({"iss": self.base, "scope": scope, **more})
        self.browser.open(f"{self.pages.origin}/launch.html?{query}")

    def sign_in_by_forms(self, server):
        return super().sign_in(server)

    def sign_in(self, name, password):
        self.browser.type("#name", name)
        self.browser.type("#password", password)
        self.browser.click("button")

    def told(self):
        return json.loads(self.browser.text("#told"))

    def test_a_patient_allows_an_app_to_read_their_record(self):
        self.launch()
        self.assertIn("Growth charts", self.browser.text("main"))
        self.sign_in("ada", self.password)
        consent = self.browser.text("main:has(ul)")
        self.assertIn("ada", consent)
        self.assertIn("Growth charts", consent)
        self.browser.click("button[value=allow]")
        told = self.told()
        self.assertEqual(told["patient"]["name"][0]["family"], "Lovelace", told)
        self.assertEqual(told["again"], told["patient"])
        self.assertEqual(told["user"], "Patient/ada")
        self.assertEqual(set(told["scope"].split()), set(SCOPE.split()))
        self.assertTrue(told["isNew"])

    def test_an_ehr_launches_an_app_for_whom_its_user_looks_at(self):
        self.app, self.scope = "ehr", "start-launch user/*.rs"
        bearer = "Bearer " + self.sign_in_by_forms(self.running)["access_token"]
        form = urllib.parse.urlencode({"client_id": "app", "patient": "ada", "encounter": "visit", "intent": "look"})
        with contextlib.closing(self.running.client()) as client:
            started = client.request("POST", "/auth/launch", form, {
                "Authorization": bearer, "Content-Type": "application/x-www-form-urlencoded"})
        self.assertEqual(started.status, 200, started.body)
        launch = started.json()["launch"]
        self.launch("openid fhirUser launch offline_access patient/*.rs", launch=launch)
        self.sign_in("ada", self.password)
        self.assertIn("Ada Lovelace", self.browser.text("fieldset"))
        self.browser.click("button[value=allow]")
        told = self.told()
        self.assertEqual(told["patient"]["id"], "ada", told)
        self.assertEqual((told["encounter"], told["intent"]), ("visit", "look"))
        self.launch("openid launch offline_access patient/*.rs", launch=launch)
        self.sign_in("ada", self.password)
        self.browser.click("button[value=allow]")
        self.assertIn("launch is not valid", self.told()["error"])

    def test_an_app_asks_which_encounter_it_is_about(self):
        self.launch(SCOPE + " launch/encounter")
        self.sign_in("ada", self.password)
        self.assertIn("which visit", self.browser.text("main:has(ul)"))
        self.browser.click("button[value=allow]")
        self.browser.click("input[value=visit]")
        self.browser.click("button")
        told = self.told()
        self.assertEqual((told["patient"]["id"], told["encounter"]), ("ada", "visit"), told)

    def test_who_denies_gives_nothing(self):
        self.launch()
        self.sign_in("ada", self.password)
        self.browser.click("button[value=deny]")
        self.assertIn("access_denied", self.told()["error"])

    def test_who_acts_for_a_patient_shows_a_code_and_chooses_them(self):
        self.launch()
        self.sign_in("tom", self.password_of_tom)
        self.browser.type("#code", "000000")
        self.browser.click("button")
        self.assertIn("wrong", self.browser.text("[role=alert]"))
        self.browser.type("#code", self.codes_of_tom[0])
        self.browser.click("button")
        self.assertIn("Ada Lovelace", self.browser.text("fieldset"))
        self.browser.click("input[value=ada]")
        self.browser.click("button[value=allow]")
        told = self.told()
        self.assertEqual(told["patient"]["id"], "ada", told)
        self.assertEqual(told["user"], "RelatedPerson/tom")

    def test_a_wrong_password_is_told_and_may_be_typed_anew(self):
        self.launch()
        self.sign_in("ada", "not the password of ada")
        self.assertIn("wrong", self.browser.text("[role=alert]"))
        self.sign_in("ada", self.password)
        self.browser.click("button[value=allow]")
        self.assertEqual(self.told()["patient"]["id"], "ada")


if __name__ == "__main__":
    unittest.main()
