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
from fleet import FleetTest
from harness import Client
from postgres import IMMEDIATE, Postgres

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


class Edge:
    """What a Load takes for a node."""

    def __init__(self, port, tls):
        self.port, self.tls = port, tls

    def client(self, timeout):
        return Client(self.port, timeout, self.tls)


class FleetBehindHaproxyTest(HaproxyEdge, FleetTest):
    def test_reload(self):
        nodes = self.fleet(base_port=self.edge_port, flags=["--trusted-proxy", "127.0.0.1"])
        self.start_edge([node.port for node in nodes])
        edge = Edge(self.edge_port, self.tls)
        load = self.load([edge])
        before = self.workers()
        self.reload()
        wait_until(lambda: self.workers() - before and not self.workers() & before, "the old process has ended")
        load.goes_on()
        self.check(load)
        self.assertEqual(load.refused(edge), 0)


if __name__ == "__main__":
    unittest.main()
