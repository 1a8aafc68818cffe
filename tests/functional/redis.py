"""A Redis of a test's own, which can be flushed, paused, killed and started again; it never outlives the test."""

import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from harness import WORK, die_with_test, free_port

WAIT_SECONDS = 30


class Redis:
    """On 127.0.0.1 and a port that it keeps, with a password. Its methods are the main thread's: it ends with it."""

    PASSWORD = "of-the-test"

    def __init__(self, test):
        if shutil.which("redis-server") is None:
            test.skipTest("no redis-server: ./dev setup")
        WORK.mkdir(parents=True, exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix="vesta-redis-", dir=WORK))
        self.port = free_port()
        self.process = None
        test.addCleanup(self.close)

    @property
    def url(self):
        return self.url_by(self.port)

    def url_by(self, port):
        return f"redis://:{self.PASSWORD}@127.0.0.1:{port}"

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--dir", self.folder,
                 "--requirepass", self.PASSWORD], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                preexec_fn=die_with_test)
        deadline = time.monotonic() + WAIT_SECONDS
        while self.ask("PING") != "PONG":
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("Redis did not start:\n" + (self.folder / "log").read_text(errors="replace"))
            time.sleep(0.02)
        return self

    def ask(self, *words):
        done = subprocess.run(["redis-cli", "-p", str(self.port), "--no-auth-warning", "-a", self.PASSWORD, *words],
                              capture_output=True, timeout=WAIT_SECONDS)
        return done.stdout.decode(errors="replace").strip()

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def wake(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        self.process.kill()
        self.process.wait(WAIT_SECONDS)

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
