#!/usr/bin/env python3
"""Faults of the Redis that two nodes share, under load: no answer is wrong, no request fails, nobody waits."""

import contextlib
import re
import statistics
import time
import unittest

from edge import wait_until
from fleet import Cable, FleetTest
from redis import Redis

PAUSE_SECONDS = 4
MOST_SECONDS = 2  # of most requests, as the machine may stand still: those that wait for Redis wait 50 ms
ROUNDS = 20
RATE = 2  # requests per second; few, so that Redis is late in few rounds


class RedisFaultsTest(FleetTest):
    # Below a client's patience: what is refused is refused for another reason than a slow machine.
    request_timeout_ms = 25_000

    def start_fleet(self, *flags):
        self.redis = Redis(self).start()
        self.cable = Cable(self.redis.port)
        self.addCleanup(self.cable.close)
        self.fleet(flags=["--cache", self.redis.url_by(self.cable.port), *flags])
        self.wait_for_cache(1)

    def figure(self, node, name):
        with contextlib.closing(node.client()) as client:
            found = re.search(rf"^{re.escape(name)} (\S+)$", client.get("/metrics").body.decode(), re.MULTILINE)
        return float(found[1]) if found else 0

    def wait_for_cache(self, connected):
        """Each node for itself: on a busy machine one may just have lost it again, or found it."""
        for node in self.nodes:
            wait_until(lambda node=node: self.figure(node, "vesta_cache_connected") == connected,
                       f"the cache is connected: {connected}")

    def check_all_served(self, load):
        """As check(), and none was refused."""
        for node in self.nodes:
            self.assertGreater(self.figure(node, 'vesta_cache_versions_total{outcome="hit"}'), 0)
            self.assertEqual(load.refused(node), 0)
            self.assertNotIn(Redis.PASSWORD, node.log())
        self.check(load)
        self.assertEqual(sum(load.refused(node) for node in self.nodes), 0)

    def test_flushed(self):
        self.start_fleet()
        load = self.load()
        for _ in range(10):
            self.redis.ask("FLUSHALL")
            load.goes_on()
        self.check_all_served(load)

    def test_killed(self):
        self.start_fleet()
        load = self.load()
        for _ in range(3):
            self.redis.kill()
            load.goes_on()
            self.wait_for_cache(0)
            load.goes_on()
            self.redis.start()
            self.wait_for_cache(1)
            load.goes_on()
        self.check_all_served(load)

    def nobody_waits(self):
        waits = []
        ended = time.monotonic() + PAUSE_SECONDS
        while time.monotonic() < ended:  # the pause is the fault
            begun = time.monotonic()
            with contextlib.closing(self.nodes[0].client()) as client:
                answer = client.request("GET", "/fhir/Patient/nobody", None, self.headers)
                self.assertEqual(answer.status, 404)
            waits.append(time.monotonic() - begun)
        self.assertLess(statistics.median(waits), MOST_SECONDS)

    def test_slow(self):
        """Slower than a call may be, and then slow."""
        self.start_fleet()
        load = self.load()
        self.cable.lag_seconds = 0.2
        self.nobody_waits()
        self.wait_for_cache(0)
        load.goes_on()
        self.cable.lag_seconds = 0.002
        self.wait_for_cache(1)
        load.goes_on()
        self.check_all_served(load)

    def test_paused(self):
        self.start_fleet()
        load = self.load()
        self.redis.pause()
        self.nobody_waits()
        self.wait_for_cache(0)
        load.goes_on()
        self.redis.wake()
        self.wait_for_cache(1)
        self.check_all_served(load)

    def test_nodes_share_rates(self):
        """Of one address, which asks both in turn. Without Redis, as when it was late once, each counts for itself."""
        self.start_fleet("--requests-per-address", str(RATE))
        for number in range(ROUNDS):
            failures = self.failures()
            allowed, seconds = self.allowed_of(f"127.0.0.{number + 2}")
            if self.failures() == failures:
                self.assertLessEqual(allowed, RATE * 10 + RATE * seconds + 1)
                self.assertGreater(allowed, RATE)
                return
            self.wait_for_cache(1)
        self.fail(f"Redis was late in each of {ROUNDS} rounds")

    def failures(self):
        return sum(self.figure(node, "vesta_cache_failures_total") for node in self.nodes)

    def allowed_of(self, address, requests=RATE * 30):
        """How many of the requests of an address of this machine were, and how long all took."""
        allowed, begun = 0, time.monotonic()
        for number in range(requests):
            with contextlib.closing(self.nodes[number % 2].client()) as client:
                client.connection.source_address = (address, 0)
                allowed += client.get("/fhir/metadata").status == 200
        return allowed, time.monotonic() - begun


if __name__ == "__main__":
    unittest.main()
