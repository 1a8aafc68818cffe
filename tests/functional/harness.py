"""What the functional tests share: the real binary as a server on a free port, a client of it, Synthea's Bundles."""

import contextlib
import ctypes
import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.parse
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("VESTA_BINARY", ROOT / "build/release/vesta")).resolve()
SHARED_DATA = Path(os.environ.get("VESTA_SHARED_DATA", ROOT.parent / "shared/data"))
WORK = Path(os.environ.get("VESTA_FUNCTIONAL_WORK", tempfile.gettempdir()))
LOWEST_PORT = 10_100  # browsers refuse 10080
START_SECONDS = 30
STOP_SECONDS = 30
FHIR_JSON = "application/fhir+json"
PR_SET_PDEATHSIG = 1


def parse(text):
    """JSON with each decimal as its text: 1.50 and 1.5 differ, as they do in FHIR."""
    return json.loads(text, parse_float=lambda number: ("decimal", number))


def free_port():
    """One that the kernel gives to no connection, where there are such: it stays free until a server listens on it."""
    first_of_connections = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    has_others = first_of_connections > 2 * LOWEST_PORT
    while True:
        port = LOWEST_PORT + secrets.randbelow(first_of_connections - LOWEST_PORT) if has_others else 0
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return probe.getsockname()[1]


def die_with_test(how=signal.SIGKILL):
    """In a process that is to end with the thread that started it, however that ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, how)


class Answer:
    def __init__(self, response, body):
        self.status = response.status
        self.headers = response.headers
        self.body = body

    def json(self):
        return parse(self.body)


class Client:
    """One keep-alive connection. `base` is put before paths that begin without a slash."""

    def __init__(self, port, timeout=60, tls=None):
        if tls is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
        else:
            self.connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=timeout, context=tls)

    def request(self, method, path, body=None, headers=None):
        if not path.startswith("/"):
            path = "/fhir/" + path if path else "/fhir"
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        if isinstance(body, str):
            body = body.encode()
        headers = dict(headers or {})
        if body is not None:
            headers.setdefault("Content-Type", FHIR_JSON)
        self.connection.request(method, path, body=body, headers=headers)
        response = self.connection.getresponse()
        return Answer(response, response.read())

    def get(self, path, **headers):
        return self.request("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def post(self, path, body):
        return self.request("POST", path, body)

    def put(self, path, body, **headers):
        return self.request("PUT", path, body, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def delete(self, path):
        return self.request("DELETE", path)

    def close(self):
        self.connection.close()


class Server:
    """`vesta serve` on a data folder, by the main thread, with which it ends. Its log goes to a file beside the folder.
    `tls`: the context of its clients."""

    def __init__(self, data, flags=(), environment=None, preexec=None, tls=None, has_access_control=False):
        self.tls = tls
        self.has_access_control = has_access_control
        self.data = Path(data)
        self.flags = list(flags)
        self.environment = environment
        self.preexec = preexec
        self.process = None
        self.binary = BINARY
        self.log_path = Path(str(self.data) + ".log")

    def start(self, wait=True, port=None):
        self.port = port or free_port()
        command = [str(self.binary), "serve", "--data", str(self.data), "--port", str(self.port),
                   *([] if self.has_access_control else ["--open"]), *self.flags]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env={**os.environ, **(self.environment or {})}, preexec_fn=self.prepare)
        if wait:
            self.wait_until_ready()
        return self

    def prepare(self):
        die_with_test()
        if self.preexec is not None:
            self.preexec()

    def wait_until_ready(self):
        deadline = time.monotonic() + START_SECONDS
        while True:
            if self.process.poll() is not None:
                raise RuntimeError(f"vesta ended with {self.process.returncode}:\n{self.log()[-4000:]}")
            with contextlib.suppress(OSError, http.client.HTTPException):
                with contextlib.closing(self.client()) as client:
                    if client.get("/readyz").status == 200:
                        return
            if time.monotonic() > deadline:
                raise RuntimeError(f"vesta is not ready after {START_SECONDS} s:\n{self.log()[-4000:]}")
            time.sleep(0.005)

    def client(self, timeout=60):
        return Client(self.port, timeout, self.tls)

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def kill(self):
        self.process.kill()
        self.process.wait(STOP_SECONDS)

    def stop(self, seconds=STOP_SECONDS):
        """Graceful: returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def __enter__(self):
        return self.start() if self.process is None else self

    def __exit__(self, *exception):
        if self.process is not None and self.process.poll() is None:
            self.kill()


class FunctionalTest(unittest.TestCase):
    """A test with a folder of its own, removed when it passed."""

    maxDiff = 2000

    def setUp(self):
        if not BINARY.exists():
            self.fail(f"no binary at {BINARY}: ./dev build")
        WORK.mkdir(parents=True, exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix=f"{self.id().split('.')[-1]}.", dir=WORK))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.data = self.folder / "data"

    def server(self, *flags, **options):
        server = Server(self.data, flags, **options).start()
        self.addCleanup(server.__exit__)
        return server

    def vesta(self, *arguments, check=True, timeout=300, text=b"", binary=BINARY):
        """Runs a command of the binary to its end; `text` is its standard input."""
        result = subprocess.run([str(binary), *map(str, arguments)], input=text, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, timeout=timeout)
        if check:
            self.assertEqual(result.returncode, 0, (result.stdout + result.stderr).decode(errors="replace")[-4000:])
        return result

    def words(self, *arguments):
        """What a command prints: a name and a value on each line."""
        printed = self.vesta(*arguments, "--data", self.data).stdout.decode()
        return dict(line.split(None, 1) for line in printed.splitlines())

    def form(self, server, path, cookie=None, forwarded=None, **fields):
        """(status, headers, body) of a form that is sent to an endpoint."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)) as connection:
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            if cookie:
                headers["Cookie"] = cookie
            if forwarded:
                headers["X-Forwarded-For"] = forwarded
            connection.request("POST", path, urllib.parse.urlencode(fields), headers)
            response = connection.getresponse()
            return response.status, response.headers, response.read().decode()

    def token(self, server, **fields):
        status, _, body = self.form(server, "/auth/token", **fields)
        self.assertEqual(status, 200, body)
        return json.loads(body)

    def backend_token(self, server, client_id, client_secret, scope="system/*.cruds"):
        return self.token(server, grant_type="client_credentials", client_id=client_id, client_secret=client_secret,
                          scope=scope)["access_token"]

    def assert_outcome(self, answer, status):
        """An error is its status and an OperationOutcome with at least one error."""
        self.assertEqual(answer.status, status, answer.body[:500])
        outcome = answer.json()
        self.assertEqual(outcome["resourceType"], "OperationOutcome")
        self.assertIn(outcome["issue"][0]["severity"], ("error", "fatal"))
        return outcome

    def assert_store_is_sound(self):
        self.vesta("check", "--data", self.data)


def total(client, query, **headers):
    separator = "&" if "?" in query else "?"
    answer = client.get(query + separator + "_summary=count", **headers)
    if answer.status != 200:
        raise AssertionError(answer.body[:500])
    return answer.json()["total"]


def synthea_bundles(test):
    """The paths of the unpacked Bundles, in order; skips the test where the data is absent."""
    archives = sorted(SHARED_DATA.glob("synthea/*.tar.xz"))
    if not archives:
        test.skipTest(f"no Synthea archive below {SHARED_DATA}")
    folder = WORK / "synthea"
    done = folder / ".complete"
    if not done.exists():
        partial = Path(tempfile.mkdtemp(prefix="synthea.", dir=WORK))
        for archive in archives:
            subprocess.run(["tar", "xJf", archive, "-C", partial], check=True)
        (partial / ".complete").touch()
        try:
            partial.rename(folder)
        except OSError:  # another test was first
            shutil.rmtree(partial)
    return sorted(path for path in folder.rglob("*.json"))


def observation(number, code="8867-4"):
    """A small Observation that can be found by its identifier."""
    return {
        "resourceType": "Observation", "status": "final",
        "identifier": [{"system": "urn:example:functional", "value": str(number)}],
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "effectiveDateTime": "2026-01-01T10:00:00Z",
        "valueQuantity": {"value": number if isinstance(number, int) else 1, "unit": "/min",
                          "system": "http://unitsofmeasure.org", "code": "/min"},
    }
