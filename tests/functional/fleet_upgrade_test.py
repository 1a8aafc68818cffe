#!/usr/bin/env python3
"""Rolling upgrades: two releases serve one database behind HAProxy, and no request of the load fails."""

import os
import unittest
from pathlib import Path

from edge import HaproxyEdge, wait_until
from fleet import DATABASE, Edge, FleetTest
from harness import BINARY, ROOT

NEXT = Path(os.environ.get("VESTA_NEXT_BINARY", ROOT / "build/release/tests/functional/vesta_next")).resolve()
DRAIN_MS = 5000


class FleetUpgradeTest(HaproxyEdge, FleetTest):
    def replace(self, node, binary):
        self.assertEqual(node.stop(), 0)
        node.binary = binary
        node.start()

    def test_one_node_after_the_other(self):
        first, second = self.fleet(base_port=self.edge_port,
                                   flags=["--trusted-proxy", "127.0.0.1", "--drain-ms", str(DRAIN_MS)])
        self.start_edge([first.port, second.port])
        edge = Edge(self.edge_port, self.tls)
        load = self.load([edge])
        ahead = self.vesta("check", "--store", self.url, binary=NEXT, check=False)
        self.assertIn(b"`vesta migrate` brings them there", ahead.stdout + ahead.stderr)
        self.vesta("migrate", "--store", self.url, binary=NEXT)
        load.goes_on()
        for node, binary in ((first, NEXT), (second, NEXT), (first, BINARY), (first, NEXT)):  # and one back again
            self.replace(node, binary)
            served = node.requests()
            wait_until(lambda node=node, served=served: node.requests() > served, "it serves")
            load.goes_on()
        self.assertEqual((load.refused(edge), load.lost(edge)), (0, 0))
        self.check(load)

    def test_what_nodes_could_not_bear_waits_for_them(self):
        """Of other search parameters: rows that a node writes would lack what they say."""
        first, second = self.fleet()
        load = self.load()
        self.postgres.sql("UPDATE head SET fingerprint = 'another'", DATABASE)
        refused = self.vesta("migrate", "--store", self.url, check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn(b"stop them first", refused.stderr)
        load.goes_on()
        load.stop()
        self.assertEqual((first.stop(), second.stop()), (0, 0))
        self.vesta("migrate", "--store", self.url)
        self.vesta("check", "--store", self.url)


if __name__ == "__main__":
    unittest.main()
