#!/usr/bin/env python3
"""Faults of a fleet under load: what clients were told is so, what fails is a clear 503, service comes back."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
import unittest

from edge import HaproxyEdge, wait_until
from fleet import Edge, FleetTest, Namespace, resource_of
from postgres import IMMEDIATE, PROGRAMS, Postgres

PAUSE_SECONDS = 10


class FleetFaultsTest(FleetTest):
    def test_node_killed(self):
        first, second = self.fleet()
        load = self.load()
        first.kill()
        load.goes_on(second)
        first.start()
        self.check(load)

    def test_node_paused(self):
        first, second = self.fleet()
        load = self.load()
        load.patience[first] = 0.2
        os.kill(first.process.pid, signal.SIGSTOP)
        woken = time.monotonic() + PAUSE_SECONDS
        load.goes_on(second)
        time.sleep(max(0, woken - time.monotonic()))  # the pause is the fault
        os.kill(first.process.pid, signal.SIGCONT)
        self.check(load)

    def test_postgresql_restarted(self):
        self.fleet()
        load = self.load()
        self.postgres.restart()
        load.goes_on()
        self.postgres.restart(IMMEDIATE)
        self.check(load)

    def test_postgresql_away(self):
        self.fleet()
        load = self.load()
        self.postgres.kill()
        load.is_refused()
        self.postgres.launch()
        self.check(load)

    def test_every_kind_of_answer_without_postgresql(self):
        node, _ = self.fleet()
        observation = {**resource_of("x"), "id": "o"}
        entry = {"resource": observation, "request": {"method": "PUT", "url": "Observation/o"}}
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
        patch = [{"op": "replace", "path": "/status", "value": "amended"}]
        parameter = {"resourceType": "SearchParameter", "url": "http://example.org/x", "name": "x", "status": "active",
                     "description": "x", "code": "x", "base": ["Observation"], "type": "token",
                     "expression": "Observation.status"}
        with contextlib.closing(node.client()) as client:
            self.assertEqual(client.request("PUT", "Observation/o", observation, self.headers).status, 201)
            self.assertEqual(client.request("GET", "Observation/o", None, self.headers).status, 200)
            self.postgres.kill()
            wait_until(lambda: client.get("/readyz").status == 503, "it is noticed")
            for method, path, body in (
                    ("GET", "Observation/o", None), ("GET", "Observation/other", None),
                    ("GET", "Observation/o/_history/1", None), ("GET", "Observation/o/_history", None),
                    ("GET", "Observation/_history", None), ("GET", "Observation?status=final", None),
                    ("GET", "Patient/p/$everything", None), ("GET", "Patient/p/Observation", None),
                    ("GET", "$graphql?query={ObservationList{id}}", None), ("GET", "AuditEvent?_count=1", None),
                    ("POST", "Observation", observation), ("PUT", "Observation/o", observation),
                    ("DELETE", "Observation/o", None), ("DELETE", "Observation?status=final", None),
                    ("PATCH", "Observation/o", patch), ("POST", "", bundle), ("POST", "$reindex", None),
                    ("POST", "SearchParameter", parameter), ("GET", "/readyz", None)):
                kind = {"Content-Type": "application/json-patch+json"} if method == "PATCH" else {}
                answer = client.request(method, path, body, {**self.headers, **kind})
                self.assertEqual((answer.status, answer.headers["Retry-After"]), (503, "1"), (method, path))
            self.assertEqual(client.get("metadata").status, 200)
            self.assertEqual(client.get("/healthz").status, 200)

    def test_row_that_others_lock(self):
        """The request ends with its time, and nothing of it comes later."""
        node, _ = self.fleet()
        self.postgres.sql("CREATE ROLE operator SUPERUSER LOGIN")  # one of the nodes' role would be ended
        lock = subprocess.Popen([PROGRAMS / "psql", "-XAtq", self.url.replace("vesta@", "operator@")],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        with lock, contextlib.closing(node.client()) as client:
            lock.stdin.write(b"BEGIN; SELECT 'locked' FROM head FOR UPDATE;\n")
            lock.stdin.flush()
            self.assertEqual(lock.stdout.readline(), b"locked\n")
            answer = client.request("POST", "Observation", resource_of("late"), self.headers)
            self.assert_outcome(answer, 503)
            self.assertEqual(answer.headers["Retry-After"], "1")
            # Heartbeats wait too, each some seconds, and come again.
            waiting = ("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query_start <= "
                       f"'{self.postgres.sql('SELECT clock_timestamp()')}'")
            wait_until(lambda: self.postgres.sql(waiting) == "0", "who waited for the lock goes")
            lock.stdin.close()
            self.assertEqual(lock.wait(10), 0)
            self.assertEqual(client.request("POST", "Observation", resource_of("x"), self.headers).status, 201)
        self.assertEqual([len(versions) for versions in self.versions().versions.values()], [1])

    def test_stop_while_postgresql_is_silent(self):
        node, _ = self.fleet()
        with contextlib.closing(node.client()) as client:
            self.assertEqual(client.request("GET", "Observation/x", None, self.headers).status, 404)
        self.postgres.pause()
        self.assertEqual(node.stop(60), 0)  # what waits for a statement's answer waits 31 seconds

    def test_postgresql_paused(self):
        self.fleet()
        load = self.load()
        self.postgres.pause()
        load.is_refused()
        self.postgres.wake()
        self.check(load)

    def test_network_cut(self):
        first, second = self.fleet(has_cable=True)
        load = self.load()
        self.cable.cut()
        load.is_refused(first)
        load.goes_on(second)
        self.cable.mend()
        self.check(load)

    def test_network_cut_at_a_link(self):
        """What is sent gets lost, and no end of a connection is told."""
        namespace = Namespace(self)
        postgres = Postgres(self, listen_addresses=f"127.0.0.1,{namespace.outside}")
        postgres.settings["hba_file"] = postgres.folder / "hba"
        postgres.settings["hba_file"].write_text("host all all 127.0.0.1/32 trust\n"
                                                 f"host all all {namespace.inside}/32 trust\n")
        shutil.chown(postgres.settings["hba_file"], postgres.user.get("user"), postgres.user.get("group"))
        first, second = self.fleet(postgres.start(), namespace=namespace)
        load = self.load()
        namespace.cut()
        load.is_refused(first)
        load.goes_on(second)
        namespace.mend()
        self.check(load)

    def test_full_disk(self):
        postgres = Postgres(self, max_wal_size="64MB", shared_buffers="16MB")
        mount = ["mount", "-t", "tmpfs", "-o", "size=300m", "tmpfs", postgres.folder]
        if os.geteuid() != 0 or subprocess.run(mount, stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("a small tmpfs cannot be mounted here")
        self.addCleanup(subprocess.run, ["umount", "--lazy", postgres.folder])
        shutil.chown(postgres.folder, postgres.user["user"], postgres.user["group"])
        self.fleet(postgres.start())
        load = self.load()
        filler = postgres.folder / "filler"
        with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as file:
            while True:
                file.write(bytes(1 << 16))
        load.is_refused()
        filler.unlink()
        if postgres.ended():
            postgres.launch()
        self.check(load)


class FleetBehindHaproxyTest(HaproxyEdge, FleetTest):
    def test_reload(self):
        nodes = self.fleet(base_port=self.edge_port, flags=["--trusted-proxy", "127.0.0.1"])
        self.start_edge([node.port for node in nodes])
        edge = Edge(self.edge_port, self.tls)
        load = self.load([edge])
        before = self.workers()
        self.reload_until_new_process()
        wait_until(lambda: not self.workers() & before, "the old process has ended")
        load.goes_on()
        self.check(load)
        self.assertEqual(load.refused(edge), 0)


if __name__ == "__main__":
    unittest.main()
