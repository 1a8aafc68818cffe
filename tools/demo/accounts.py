#!/usr/bin/env python3
"""Demonstration accounts, one per role: made in a store beside sample data, and tokens of them as apps get them."""

import argparse
import base64
import hashlib
import json
import os
import pathlib
import re
import secrets
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

FILE = "demo-accounts.json"  # in the folder of the data
REDIRECT = "http://127.0.0.1:1/callback"  # nobody listens there: the code is read from the answer
RECORD = "user/*.cruds"
ACCESS = " ".join(f"user/{name}.cruds" for name in ("AccessPolicy", "Client", "User", "Session",
                                                   "EmergencyAccess"))
AUDIT = "user/AuditEvent.rs"
APP_SCOPES = f"openid fhirUser offline_access launch/patient patient/*.rs {RECORD} {ACCESS} {AUDIT}"
SCOPES = {  # what each role asks for
    "patient": f"openid fhirUser launch/patient patient/*.rs {RECORD} user/EmergencyAccess.rs {AUDIT}",
    "provider": f"openid fhirUser {RECORD} user/EmergencyAccess.crs",
    "insurer": f"openid fhirUser {RECORD}",
    "researcher": f"openid fhirUser {RECORD}",
    "administrator": f"openid fhirUser {RECORD} {ACCESS} {AUDIT}",
}
BACKEND = "backend"


def persons(population):
    """Who the accounts are in the record: a patient, who treats them, and who pays for it."""
    found = {}
    with open(population, encoding="utf-8") as lines:
        for line in lines:
            resource = json.loads(line)
            if resource["resourceType"] == "Encounter" and "provider" not in found:
                for each in resource.get("participant", []):
                    reference = each.get("individual", {}).get("reference", "")
                    if reference.startswith("Practitioner/"):
                        found.update(provider=reference, patient=resource["subject"]["reference"])
            if resource["resourceType"] == "Coverage":
                found.setdefault("insurer", resource["payor"][0]["reference"])
    return found


def make(vesta, data, population):
    def words(*arguments):
        printed = subprocess.run([vesta, *arguments, "--data", data], check=True, stdout=subprocess.PIPE).stdout
        return dict(line.split(None, 1) for line in printed.decode().splitlines())

    who = persons(population)
    accounts = {"users": {}}
    for role in SCOPES:
        options = ["--fhir-user", who[role]] if role in who else []
        accounts["users"][role] = words("user", "add", role, "--policy", role, *options)["password"]
    words("client", "add", "Demonstration", "--id", "demo", "--public", "--redirect-uri", REDIRECT,
          "--scope", APP_SCOPES)
    accounts["secret"] = words("client", "add", "Demonstration backend", "--id", "demo-backend", "--policy", BACKEND,
                               "--scope", "system/*.cruds")["client_secret"]
    path = pathlib.Path(data, FILE)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(accounts, file, indent=1)


class Stay(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer: the code is in it."""

    def redirect_request(self, *_):
        return None


def post(url, cookie=None, **fields):
    request = urllib.request.Request(url, urllib.parse.urlencode(fields).encode())
    if cookie:
        request.add_header("Cookie", cookie)
    try:
        answer = urllib.request.build_opener(Stay).open(request, timeout=30)
    except urllib.error.HTTPError as error:
        answer = error
    body = answer.read().decode()
    if answer.status >= 400:
        sys.exit(f"{url}: {answer.status}\n{body}")
    return answer.headers, body


def sign_in(base, role, password):
    """Goes through the pages as a browser does, for an app without a secret."""
    issuer = base.rsplit("/", 1)[0]
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    headers, page = post(issuer + "/auth/authorize", response_type="code", client_id="demo", redirect_uri=REDIRECT,
                         scope=SCOPES[role], state="demo", aud=base, code_challenge=challenge,
                         code_challenge_method="S256")
    for path, fields in (("/auth/sign-in", {"name": role, "password": password}),
                         ("/auth/consent", {"decision": "allow"})):
        state = re.search(r'name="state" value="([^"]+)"', page).group(1)
        headers, page = post(issuer + path, headers["Set-Cookie"].split(";")[0], state=state, **fields)
    code = urllib.parse.parse_qs(urllib.parse.urlparse(headers["Location"]).query)["code"][0]
    return post(issuer + "/auth/token", grant_type="authorization_code", client_id="demo", redirect_uri=REDIRECT,
                code=code, code_verifier=verifier)[1]


def token(data, role, base):
    try:
        accounts = json.loads(pathlib.Path(data, FILE).read_text())
    except FileNotFoundError:
        sys.exit(f"{data} has no demonstration accounts: ./dev run makes them where it makes ./data; "
                 "delete the folder to begin anew")
    try:
        if role == BACKEND:
            issuer = base.rsplit("/", 1)[0]
            answer = post(issuer + "/auth/token", grant_type="client_credentials", client_id="demo-backend",
                          client_secret=accounts["secret"], scope="system/*.cruds")[1]
        else:
            answer = sign_in(base, role, accounts["users"][role])
    except urllib.error.URLError as error:
        sys.exit(f"{base} does not answer: {error.reason}")
    return json.loads(answer)["access_token"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    maker = verbs.add_parser("make", help="makes them; the server must not run")
    maker.add_argument("vesta")
    maker.add_argument("data")
    maker.add_argument("population")
    teller = verbs.add_parser("token", help="prints an access token")
    teller.add_argument("data")
    teller.add_argument("role", choices=[*SCOPES, BACKEND])
    teller.add_argument("--base", default="http://localhost:8080/fhir")
    arguments = parser.parse_args()
    if arguments.verb == "make":
        make(arguments.vesta, arguments.data, arguments.population)
    else:
        print(token(arguments.data, arguments.role, arguments.base))


if __name__ == "__main__":
    main()
