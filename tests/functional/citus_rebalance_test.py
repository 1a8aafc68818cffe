#!/usr/bin/env python3
"""A worker is added to Citus and shards move to it under load: what clients were told is so, and nothing fails."""

import unittest

from edge import wait_until
from fleet import DATABASE, FleetTest
from history import OK
from postgres import PROGRAMS, Postgres

SETTINGS = {"shared_preload_libraries": "citus", "wal_level": "logical", "max_prepared_transactions": 100,
            "max_worker_processes": 64, "max_replication_slots": 64, "max_wal_senders": 64, "citus.shard_count": 4,
            "citus.node_conninfo": "sslmode=disable"}
REBALANCE_SECONDS = 300


class CitusRebalanceTest(FleetTest):
    def server(self):
        server = Postgres(self, **SETTINGS).start()
        server.sql(f"CREATE DATABASE {DATABASE}")
        server.sql("CREATE EXTENSION citus", DATABASE)
        return server

    def test_worker_added(self):
        if not (PROGRAMS / "../lib/citus.so").exists():
            self.skipTest("Citus is not installed")
        coordinator = self.server()
        coordinator.sql(f"SELECT citus_set_coordinator_host('127.0.0.1', {coordinator.port})", DATABASE)
        coordinator.sql(f"SELECT citus_set_node_property('127.0.0.1', {coordinator.port}, 'shouldhaveshards', true)",
                        DATABASE)
        self.fleet(coordinator, url=coordinator.url(DATABASE))
        load = self.load()
        worker = self.server()
        coordinator.sql(f"SELECT citus_add_node('127.0.0.1', {worker.port})", DATABASE)
        shards_there = ("SELECT count(*) FROM citus_shards"
                        f" WHERE table_name = 'resource'::regclass AND nodeport = {worker.port}")
        self.assertEqual(coordinator.sql(shards_there, DATABASE), "0")
        coordinator.sql("SELECT citus_rebalance_start()", DATABASE)
        states = ("SELECT coalesce(string_agg(DISTINCT state::text, ','), 'none') FROM citus_rebalance_status()")
        wait_until(lambda: coordinator.sql(states, DATABASE) in ("finished", "failed"), "shards have moved",
                   REBALANCE_SECONDS)
        self.assertEqual(coordinator.sql(states, DATABASE), "finished")
        self.assertEqual(coordinator.sql(shards_there, DATABASE), "2")
        outcomes = self.check(load)
        self.assertGreater(outcomes[OK], 0)


if __name__ == "__main__":
    unittest.main()
