#!/usr/bin/env python3
"""PostgreSQL under Patroni and etcd: the leader killed, then back, and a planned change of leaders, under load."""

import os
import time
import unittest
from unittest import mock

from fleet import DATABASE, FleetTest
from patroni import PASSWORD, Cluster

ROLE = "vesta"
SERVED_AGAIN_SECONDS = 15


class FleetPatroniTest(FleetTest):
    def setUp(self):
        super().setUp()
        self.cluster = Cluster(self, ["db1", "db2"]).start()
        self.cluster.sql(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{PASSWORD}'")
        self.cluster.sql(f"CREATE DATABASE {DATABASE} OWNER {ROLE}")
        environment = mock.patch.dict(os.environ, PGPASSWORD=PASSWORD)
        environment.start()
        self.addCleanup(environment.stop)
        self.fleet(self.cluster, url=self.cluster.url(DATABASE, ROLE))

    def follower_of(self, leader):
        return next(member for member in self.cluster.members if member is not leader)

    def test_leader_killed_and_back(self):
        load = self.load()
        old = self.cluster.leader()
        killed = time.monotonic()
        old.kill()
        load.goes_on()
        seconds = time.monotonic() - killed
        print(f"served again after {seconds:.1f} s")
        self.assertIs(self.cluster.leader(), self.follower_of(old))
        self.assertGreater(sum(load.refused(node) for node in self.nodes), 0)
        self.assertLess(seconds, SERVED_AGAIN_SECONDS)
        old.start()
        self.cluster.wait_until(old.is_synchronous, "the old leader follows the new one")
        load.goes_on()
        self.check(load)

    def test_planned_change(self):
        load = self.load()
        old = self.cluster.leader()
        new = self.follower_of(old)
        status, text = old.ask("/switchover", {"leader": old.name, "candidate": new.name})
        self.assertEqual(status, 200, text)
        self.cluster.wait_until(new.leads, "the other leads")
        load.goes_on()
        self.cluster.wait_until(old.is_synchronous, "the old leader follows the new one")
        self.check(load)


if __name__ == "__main__":
    unittest.main()
