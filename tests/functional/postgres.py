"""A PostgreSQL of a test's own, which can be stopped, paused, killed and started again; it never outlives the test."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from pathlib import Path

from harness import WORK, die_with_test, free_port

PROGRAMS = Path(os.environ.get("VESTA_POSTGRES_BIN", "/usr/lib/postgresql/15/bin"))
MEMORY = Path("/dev/shm")
ROOM = 2 << 30
WAIT_SECONDS = 30
FAST, IMMEDIATE = signal.SIGINT, signal.SIGQUIT  # https://www.postgresql.org/docs/15/server-shutdown.html
SETTINGS = {"fsync": "off", "full_page_writes": "off", "max_connections": 100, "shared_buffers": "64MB",
            "max_wal_size": "256MB", "log_min_messages": "warning"}


def is_installed():
    return (PROGRAMS / "postgres").exists()


def parent_folder():
    """Memory, where there is room: a database is made of hundreds of files."""
    has_room = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM
    return MEMORY if has_room else WORK


def children_of(pid):
    with contextlib.suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def state_of(pid):
    """As of ps: R, S, T when stopped; Z also when it is gone."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    return "Z"


def wait_for_state(pids, states):
    deadline = time.monotonic() + WAIT_SECONDS
    while any(state_of(pid) not in states for pid in pids):
        if time.monotonic() > deadline:
            raise RuntimeError(f"processes are not in {states}: {[(pid, state_of(pid)) for pid in pids]}")
        time.sleep(0.005)


class Postgres:
    """On 127.0.0.1 and a port that it keeps. As root it runs as the user `postgres`, as it refuses root. Its methods
    are the main thread's: it ends with the thread that started it.
    `data`: of a cluster that is there, as of a backup."""

    def __init__(self, test, data=None, **settings):
        if not is_installed():
            test.skipTest("no PostgreSQL: ./dev setup")
        self.folder = Path(tempfile.mkdtemp(prefix="vesta-pg-", dir=parent_folder()))
        # Takes the folder away once this process is gone, however that ended.
        self.keeper = subprocess.Popen(["sh", "-c", 'cat; rm -rf -- "$0"', self.folder], stdin=subprocess.PIPE,
                                       start_new_session=True)
        self.process = None
        test.addCleanup(self.close)
        self.user = {}
        if os.getuid() == 0:
            entry = pwd.getpwnam("postgres")
            os.chown(self.folder, entry.pw_uid, entry.pw_gid)
            self.user = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        self.data = data or self.folder / "data"
        self.port = free_port()
        self.settings = {**SETTINGS, **settings}

    def start(self):
        if not self.data.exists():
            self.run("initdb", "--no-sync", "--auth=trust", "--username=vesta", "--encoding=UTF8", "--locale=C",
                     f"--pgdata={self.data}")
        self.launch()
        return self

    def start_as_standby_of(self, primary):
        self.run("pg_basebackup", "--no-sync", "--checkpoint=fast", "--write-recovery-conf", f"--pgdata={self.data}",
                 f"--dbname={primary.url('postgres')}")
        self.launch()
        return self

    def launch(self):
        options = {"listen_addresses": "127.0.0.1", **self.settings, "port": self.port,
                   "unix_socket_directories": self.folder}
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([PROGRAMS / "postgres", "-D", self.data, *flags], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, cwd=self.folder, preexec_fn=self.die_with_test,
                                            **self.user)
        deadline = time.monotonic() + WAIT_SECONDS
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("PostgreSQL did not start:\n" + self.log()[-4000:])
            time.sleep(0.02)

    @staticmethod
    def die_with_test():
        die_with_test(IMMEDIATE)

    def run(self, program, *arguments):
        """What one of PostgreSQL's programs prints."""
        done = subprocess.run([PROGRAMS / program, *map(str, arguments)], cwd=self.folder, capture_output=True,
                              timeout=120, **self.user)
        if done.returncode != 0:
            raise RuntimeError(f"{program}: " + (done.stdout + done.stderr).decode(errors="replace")[-4000:])
        return done.stdout.decode()

    def answers(self):
        with contextlib.suppress(RuntimeError):
            return self.sql("SELECT 1") == "1"
        return False

    def sql(self, text, database="postgres"):
        return self.run("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", text, self.url(database)).strip()

    def url(self, database, port=None, host="127.0.0.1", **parameters):
        tail = "".join(f"&{name}={value}" for name, value in parameters.items())
        return f"postgresql://vesta@{host}:{port or self.port}/{database}?sslmode=disable{tail}"

    def new_database(self):
        """The URL of an empty one."""
        name = "v" + uuid.uuid4().hex[:12]
        self.sql(f"CREATE DATABASE {name}")
        return self.url(name)

    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    def processes(self):
        return [self.process.pid, *children_of(self.process.pid)]

    def pause(self):
        """The first is stopped before its children are looked up: it makes none meanwhile."""
        self.process.send_signal(signal.SIGSTOP)
        wait_for_state([self.process.pid], "TZ")
        pids = self.processes()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        wait_for_state(pids, "TZ")

    def wake(self):
        for pid in reversed(self.processes()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def stop(self, how=FAST):
        self.process.send_signal(how)
        self.process.wait(WAIT_SECONDS)

    def ended(self):
        """By itself: it cannot go on without room for its log."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(1)
        return self.process.poll() is not None

    def kill(self):
        self.pause()
        pids = self.processes()
        for pid in reversed(pids):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(WAIT_SECONDS)
        wait_for_state(pids, "Z")

    def restart(self, how=FAST):
        self.stop(how)
        self.launch()

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.wake()
            self.stop(IMMEDIATE)
        self.keeper.stdin.close()
        self.keeper.wait(WAIT_SECONDS)
