"""A headless Chromium that a test drives (https://www.w3.org/TR/webdriver2/), and a server of its pages."""

import base64
import contextlib
import http.client
import http.server
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading

from harness import free_port

DRIVER = shutil.which("chromedriver")
WAIT_SECONDS = 30  # for an element to be there
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # https://www.w3.org/TR/webdriver2/#elements


class StaleElement(AssertionError):
    """The element is of a page that has gone."""


class Browser:
    """No process and no file is left of it after close."""

    def __init__(self):
        self.home = tempfile.mkdtemp(prefix="b.")  # a short path: the names of its sockets are limited
        self.port = free_port()
        environment = {**os.environ, "HOME": self.home, "TMPDIR": self.home}
        with open(self.home + "/log", "wb") as log:
            self.process = subprocess.Popen([DRIVER, f"--port={self.port}"], stdin=subprocess.DEVNULL, stderr=log,
                                            stdout=subprocess.PIPE, env=environment, start_new_session=True)
        self.session = None
        try:
            for line in self.process.stdout:
                if b"started successfully" in line:
                    break
            # Without a sandbox, as it runs as root in containers; it sees the pages of the test only.
            flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-breakpad",
                     "--disable-crash-reporter", "--disable-background-networking", "--no-first-run",
                     "--window-size=800,900", f"--user-data-dir={self.home}/profile"]
            wanted = {"browserName": "chrome", "timeouts": {"implicit": WAIT_SECONDS * 1000},
                      "goog:chromeOptions": {"args": flags}}
            self.session = self.ask("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]
        except BaseException:
            self.close()
            raise

    def ask(self, method, path, body=None):
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=2 * WAIT_SECONDS)) as driver:
            driver.request(method, path, None if body is None else json.dumps(body))
            answer = driver.getresponse()
            value = json.loads(answer.read())["value"]
        if answer.status != 200:
            kind = StaleElement if value["error"] == "stale element reference" else AssertionError
            raise kind(f"{method} {path}: {value['error']}: {value['message'][:1000]}")
        return value

    def command(self, method, path, body=None):
        return self.ask(method, f"/session/{self.session}{path}", body)

    def open(self, url):
        self.command("POST", "/url", {"url": url})

    def address(self):
        return self.command("GET", "/url")

    def element(self, selector):
        """The path of the first element of a CSS selector: it is waited for."""
        found = self.command("POST", "/element", {"using": "css selector", "value": selector})
        return "/element/" + found[ELEMENT]

    def on(self, selector, act):
        """What `act` makes of the element; once more where another page has come in the place of the one it was on."""
        while True:
            try:
                return act(self.element(selector))
            except StaleElement:
                continue

    def text(self, selector):
        return self.on(selector, lambda element: self.command("GET", element + "/text"))

    def type(self, selector, text):
        def clear_and_type(element):
            self.command("POST", element + "/clear", {})
            self.command("POST", element + "/value", {"text": text})

        self.on(selector, clear_and_type)

    def click(self, selector):
        self.on(selector, lambda element: self.command("POST", element + "/click", {}))

    def add_authenticator(self):
        """Its path: one that keeps passkeys, and whose user is always there and always verified.

        https://www.w3.org/TR/webauthn-2/#sctn-automation-add-virtual-authenticator
        """
        options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
                   "isUserVerified": True}
        return "/webauthn/authenticator/" + self.command("POST", "/webauthn/authenticator", options)

    def screenshot(self, path):
        path.write_bytes(base64.b64decode(self.command("GET", "/screenshot")))

    def close(self):
        with contextlib.suppress(OSError, http.client.HTTPException, AssertionError):
            if self.session is not None:
                self.command("DELETE", "")
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()
        shutil.rmtree(self.home)


class Pages:
    """Serves {path: (media type, bytes)} on the loopback."""

    def __init__(self, pages):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                media_type, content = pages.get(self.path.split("?")[0], ("text/plain", b""))
                self.send_response(200 if content else 404)
                self.send_header("Content-Type", media_type)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
