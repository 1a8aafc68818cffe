"""A PostgreSQL of a test's own: made by initdb, on a socket alone, gone with the test; root runs it as `postgres`."""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from pathlib import Path

BIN = Path(os.environ.get("VESTA_POSTGRES_BIN", "/usr/lib/postgresql/15/bin"))
SUPERUSER = "vesta"
MEMORY = Path("/dev/shm")
ROOM_BYTES = 2 << 30
START_SECONDS = 60
STOP_SECONDS = 60
PR_SET_PDEATHSIG = 1  # of prctl(2)
# It is thrown away: nothing of it must survive a loss of power.
FAST = ("fsync=off", "full_page_writes=off", "shared_buffers=128MB", "max_wal_size=512MB")


def parent_folder():
    """In memory where there is room: a database is hundreds of files."""
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM_BYTES:
        return MEMORY
    return Path(tempfile.gettempdir())


def preparation():
    """For a child process: PostgreSQL refuses root; and it ends with its test, however that ends."""
    user = pwd.getpwnam("postgres") if os.getuid() == 0 else None
    libc = ctypes.CDLL(None, use_errno=True)

    def prepare():
        if user is not None:
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)

    return prepare


class Postgres:
    """`settings`: lines of postgresql.conf, after those of FAST. `data`: of a cluster that is there, as of a backup."""

    def __init__(self, settings=(), data=None):
        self.folder = Path(tempfile.mkdtemp(prefix="vesta-pg-", dir=parent_folder()))
        self.settings = list(settings)
        self.process = None
        self.prepare = preparation()
        if os.getuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        self.data = Path(data) if data else self.folder / "data"
        if data is None:
            self.run("initdb", "--no-sync", "--auth=trust", f"--username={SUPERUSER}", "--encoding=UTF8", "--locale=C",
                     f"--pgdata={self.data}")

    def run(self, program, *arguments, check=True):
        """One of PostgreSQL's programs, as its user; its output."""
        result = subprocess.run([str(BIN / program), *map(str, arguments)], cwd=self.folder, preexec_fn=self.prepare,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
        if check and result.returncode != 0:
            raise RuntimeError(f"{program} ended with {result.returncode}:\n{result.stdout.decode()[-4000:]}")
        return result.stdout.decode()

    def start(self, wait=True):
        command = [str(BIN / "postgres"), "-D", str(self.data), "-k", str(self.folder), "-c", "listen_addresses="]
        for setting in (*FAST, *self.settings):
            command += ["-c", setting]
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(command, cwd=self.folder, preexec_fn=self.prepare,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if wait:
            self.wait_until_ready()
        return self

    def wait_until_ready(self):
        deadline = time.monotonic() + START_SECONDS
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{self.log()[-4000:]}")
            time.sleep(0.02)

    def is_ready(self):
        result = subprocess.run([str(BIN / "psql"), "-q", "-At", "-c", "SELECT 1", self.url("postgres")],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return result.returncode == 0

    def url(self, database):
        return f"postgresql:///{database}?host={self.folder}&user={SUPERUSER}"

    def sql(self, statement, database="postgres"):
        """What psql prints: rows as lines, columns with | between them."""
        return self.run("psql", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-c", statement, self.url(database)).strip()

    def new_database(self):
        """The URL of an empty one."""
        name = "v" + uuid.uuid4().hex[:12]
        self.sql(f"CREATE DATABASE {name}")
        return self.url(name)

    def log(self):
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def stop(self, how=signal.SIGINT):
        """SIGINT: the fast shutdown. SIGQUIT: as if the machine had died."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(STOP_SECONDS)

    def close(self):
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self.start() if self.process is None else self

    def __exit__(self, *exception):
        self.close()


def postgres_of(test, **options):
    """One for a test, that is closed with it."""
    server = Postgres(**options)
    test.addCleanup(server.close)
    return server.start()
