"""PostgreSQL under Patroni with etcd, of deploy/patroni and of a test's own; nothing of it outlives the test."""

import contextlib
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

from edge import wait_until
from harness import ROOT, free_port
from postgres import IMMEDIATE, PROGRAMS, WAIT_SECONDS, Postgres, children_of, parent_folder, wait_for_state

CONFIGURATION = ROOT / "deploy/patroni/patroni.yml"
SOCKETS = "/var/run/postgresql"  # the one place that nothing in the environment fills in
NAMES = ("patroni", "etcd")
PASSWORD = "only-of-this-test"


def processes_of(folder):
    """Those whose command line names the folder, but this one."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                if str(folder).encode() in (entry / "cmdline").read_bytes():
                    yield int(entry.name)


def clear(folder):
    """Ends what runs in the folder and takes it away. PostgreSQL is asked to end, so that it frees shared memory."""
    while pids := set(processes_of(folder)):
        servers = {int(path.read_text().split("\n", 1)[0]) for path in folder.glob("*/postmaster.pid")}
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, IMMEDIATE if pid in servers else signal.SIGKILL)
        wait_for_state(pids, "Z")
    shutil.rmtree(folder, ignore_errors=True)


class Member:
    """One server: Patroni, and the PostgreSQL that it starts, which is no child of it."""

    def __init__(self, cluster, name):
        self.cluster, self.name = cluster, name
        self.port, self.rest_port = free_port(), free_port()
        self.data = cluster.folder / name
        self.configuration = cluster.folder / f"{name}.yml"
        assert SOCKETS in CONFIGURATION.read_text()
        self.configuration.write_text(CONFIGURATION.read_text().replace(SOCKETS, str(cluster.folder)))
        self.process = None

    def start(self):
        self.process = self.cluster.launch(self.name, "patroni", self.configuration, **{
            "PATRONI_NAME": self.name,
            "PATRONI_ETCD3_HOSTS": f"127.0.0.1:{self.cluster.etcd_port}",
            "PATRONI_RESTAPI_LISTEN": f"127.0.0.1:{self.rest_port}",
            "PATRONI_RESTAPI_CONNECT_ADDRESS": f"127.0.0.1:{self.rest_port}",
            "PATRONI_POSTGRESQL_LISTEN": f"127.0.0.1:{self.port}",
            "PATRONI_POSTGRESQL_CONNECT_ADDRESS": f"127.0.0.1:{self.port}",
            "PATRONI_POSTGRESQL_DATA_DIR": str(self.data),
            "PATRONI_POSTGRESQL_BIN_DIR": str(PROGRAMS),
            "PATRONI_POSTGRESQL_PGPASS": str(self.cluster.folder / f"{self.name}.pgpass"),
            "PATRONI_SUPERUSER_PASSWORD": PASSWORD,
            "PATRONI_REPLICATION_PASSWORD": PASSWORD,
        })

    def ask(self, path, body=None):
        """(status, text) of Patroni's own interface; (0, "") while it does not answer."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.rest_port}{path}", json.dumps(body).encode()
                                         if body else None, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=WAIT_SECONDS) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def leads(self):
        return self.ask("/primary")[0] == 200

    def is_synchronous(self):
        return self.ask("/synchronous")[0] == 200

    def kill(self):
        """Patroni first, as it would start PostgreSQL again; then that, before its children are looked up."""
        self.process.kill()
        self.process.wait(WAIT_SECONDS)
        first = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(first, signal.SIGSTOP)
        wait_for_state([first], "TZ")
        pids = [first, *children_of(first)]
        for pid in reversed(pids):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        wait_for_state(pids, "Z")


class Cluster:
    """etcd and members. As root they run as the user `postgres`, as PostgreSQL refuses root."""

    def __init__(self, test, names):
        if not (PROGRAMS / "postgres").exists() or not all(map(shutil.which, NAMES)):
            test.skipTest("no PostgreSQL, Patroni or etcd: ./dev setup")
        self.folder = Path(tempfile.mkdtemp(prefix="vesta-pg-", dir=parent_folder()))
        # Clears the folder once this process is gone, however that ended.
        self.keeper = subprocess.Popen([sys.executable, __file__, self.folder], stdin=subprocess.PIPE,
                                       start_new_session=True)
        test.addCleanup(self.close)
        self.user, self.environment = {}, {**os.environ, "HOME": str(self.folder)}
        if os.getuid() == 0:
            entry = pwd.getpwnam("postgres")
            os.chown(self.folder, entry.pw_uid, entry.pw_gid)
            self.user = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
            self.environment["USER"] = self.environment["LOGNAME"] = "postgres"
        self.etcd_port = free_port()
        self.processes = []
        self.start_etcd()
        self.members = [Member(self, name) for name in names]

    def launch(self, name, *command, **environment):
        with open(self.folder / f"{name}.log", "ab") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                                       env={**self.environment, **environment}, preexec_fn=Postgres.die_with_test,
                                       **self.user)
        self.processes.append(process)
        return process

    def start_etcd(self):
        own, peers = f"http://127.0.0.1:{self.etcd_port}", f"http://127.0.0.1:{free_port()}"
        self.launch("etcd", "etcd", "--name", "e", "--data-dir", self.folder / "etcd-data", "--unsafe-no-fsync",
                    "--listen-client-urls", own, "--advertise-client-urls", own, "--listen-peer-urls", peers,
                    "--initial-advertise-peer-urls", peers, "--initial-cluster", f"e={peers}")

    def start(self):
        """The first makes the cluster, the others copy it."""
        for member in self.members:
            member.start()
            self.wait_until(self.leader, "there is a leader")
        self.wait_until(lambda: any(member.is_synchronous() for member in self.members), "a standby is synchronous")
        return self

    def leader(self):
        return next((member for member in self.members if member.leads()), None)

    def wait_until(self, condition, what):
        try:
            wait_until(condition, what)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log()}") from None

    def sql(self, text, member=None):
        url = f"postgresql://postgres@127.0.0.1:{(member or self.leader()).port}/postgres?sslmode=disable"
        done = subprocess.run([PROGRAMS / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", text, url],
                              capture_output=True, timeout=120, env={**os.environ, "PGPASSWORD": PASSWORD})
        if done.returncode != 0:
            raise RuntimeError(done.stderr.decode())
        return done.stdout.decode().strip()

    def url(self, database, user):
        hosts = ",".join(f"127.0.0.1:{member.port}" for member in self.members)
        return f"postgresql://{user}@{hosts}/{database}?sslmode=disable&target_session_attrs=read-write"

    def log(self):
        return "".join(f"{path.name}:\n{path.read_text(errors='replace')[-4000:]}"
                       for path in sorted(self.folder.glob("*.log")))

    def close(self):
        self.keeper.stdin.close()
        for process in self.processes:
            process.wait(WAIT_SECONDS)
        self.keeper.wait(WAIT_SECONDS)


if __name__ == "__main__":
    sys.stdin.buffer.read()
    clear(Path(sys.argv[1]))
