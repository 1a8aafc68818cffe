"""A Keycloak of a test's own: the distribution that `./dev setup` unpacks, on the loopback, with one realm."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from harness import ROOT, die_with_test, free_port

DISTRIBUTION = Path(os.environ.get("VESTA_KEYCLOAK", ROOT / "build/keycloak/keycloak"))
JAVA = shutil.which("java")
START_SECONDS = 240  # some 20 on two cores that nobody else uses
MEMORY = "-Xms64m -Xmx256m -XX:MaxMetaspaceSize=256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1"
REALM = "clinic"
CLIENT = "vesta"
SECRET = "a secret/with+signs"


def password_of(name):
    return f"the password of {name}"


def subject_of(name):
    """The `sub` of a user: Keycloak's id of them."""
    return f"00000000-0000-4000-8000-{name.encode().hex():0>12}"


def realm(names):
    """Any address to go back to is good: the port of a test's server is another each time."""
    users = [{"id": subject_of(name), "username": name, "enabled": True, "email": f"{name}@example.org",
              "emailVerified": True, "firstName": name, "lastName": "Example",
              "credentials": [{"type": "password", "value": password_of(name)}]} for name in names]
    clients = [{"clientId": CLIENT, "secret": SECRET, "redirectUris": ["*"], "standardFlowEnabled": True,
                "attributes": {"pkce.code.challenge.method": "S256"}}]
    # Few iterations of its hash, which would take most of the time.
    return {"realm": REALM, "enabled": True, "sslRequired": "none", "passwordPolicy": "hashIterations(1)",
            "users": users, "clients": clients}


class Keycloak:
    """Starts with these users. Its files are a copy, as it changes them; nothing is left of it after close."""

    def __init__(self, work, *names):
        self.home = Path(tempfile.mkdtemp(prefix="keycloak.", dir=work))
        self.process = None
        try:
            self.start(names)
        except BaseException:
            self.close()
            raise

    def start(self, names):
        shutil.copytree(DISTRIBUTION, self.home / "keycloak")
        imported = self.home / "keycloak/data/import"
        imported.mkdir(parents=True)
        (imported / "realm.json").write_text(json.dumps(realm(names)))
        port = free_port()
        self.issuer = f"http://localhost:{port}/realms/{REALM}"
        command = ["sh", self.home / "keycloak/bin/kc.sh", "start-dev", "--import-realm", "--http-host=127.0.0.1",
                   f"--http-port={port}"]
        environment = {**os.environ, "JAVA_OPTS": f"{MEMORY} -Djava.io.tmpdir={self.home} -XX:-UsePerfData",
                       "HOME": str(self.home)}
        with open(self.home / "log", "wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment,
                                            start_new_session=True, preexec_fn=die_with_test)
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("Keycloak does not start:\n" + (self.home / "log").read_text()[-4000:])
            time.sleep(0.1)

    def answers(self):
        with contextlib.suppress(OSError):
            with urllib.request.urlopen(self.issuer + "/.well-known/openid-configuration", timeout=10) as answer:
                return answer.status == 200
        return False

    def signal(self, number):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def close(self):
        if self.process is not None:
            self.signal(signal.SIGKILL)
            self.process.wait()
        shutil.rmtree(self.home)
