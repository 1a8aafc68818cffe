#!/usr/bin/env python3
"""kill -9 under write load, again and again: what was acknowledged is there after the restart, byte for byte."""

import contextlib
import http.client
import os
import random
import threading
import time
import unittest

from harness import Client, FunctionalTest, observation, total

ROUNDS = int(os.environ.get("VESTA_KILL_ROUNDS", "50"))
WRITERS = 4
TRANSACTION_SIZE = 5
SEED = int(os.environ.get("VESTA_SEED", "20260101"))


class Acknowledged:
    """What the server has promised to keep."""

    def __init__(self):
        self.lock = threading.Lock()
        self.versions = {}       # path of a version -> the bytes that were answered
        self.current = {}        # path of a resource -> (version, bytes); None: deleted
        self.transactions = {}   # identifier of a transaction -> was it acknowledged?

    def wrote(self, path, version, body):
        with self.lock:
            self.versions[f"{path}/_history/{version}"] = body
            self.current[path] = (version, body)

    def deleted(self, path):
        with self.lock:
            self.current[path] = None

    def transaction(self, name, acknowledged):
        with self.lock:
            self.transactions[name] = acknowledged


def version_of(answer):
    return int(answer.headers["ETag"].removeprefix('W/"').removesuffix('"'))


def transaction_of(name):
    entries = []
    for _ in range(TRANSACTION_SIZE):
        resource = observation(0)
        resource["identifier"][0]["value"] = name
        entries.append({"resource": resource, "request": {"method": "POST", "url": "Observation"}})
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


class Writer(threading.Thread):
    """Creates, updates, deletes and transacts over its own resources until the connection dies under it."""

    def __init__(self, port, promises, name, chance):
        super().__init__(daemon=True)
        self.port, self.promises, self.label, self.chance = port, promises, name, chance
        self.error = None

    def run(self):
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(Client(self.port)) as client:
            for number in range(1_000_000):
                self.step(client, number)

    def expect(self, answer, status):
        if answer.status != status:
            self.error = f"{answer.status}, not {status}: {answer.body[:300]!r}"
            raise OSError(self.error)

    def step(self, client, number):
        name = f"{self.label}-{number}"
        draw = self.chance.random()
        path = f"Observation/{name}"
        if draw < 0.5:
            answer = client.post("Observation", observation(number))
            self.expect(answer, 201)
            self.promises.wrote("Observation/" + answer.json()["id"], 1, answer.body)
        elif draw < 0.7:
            self.promises.transaction(name, False)
            self.expect(client.post("", transaction_of(name)), 200)
            self.promises.transaction(name, True)
        else:
            for change in range(1, 4):
                answer = client.put(path, {**observation(change), "id": name})
                self.expect(answer, 201 if change == 1 else 200)
                self.promises.wrote(path, version_of(answer), answer.body)
            if draw > 0.9:
                answer = client.delete(path)
                self.assert_deleted(answer)
                self.promises.deleted(path)

    def assert_deleted(self, answer):
        if answer.status not in (200, 204):
            self.expect(answer, 204)


class DurabilityTest(FunctionalTest):
    def check(self, client, promises):
        for path, body in promises.versions.items():
            answer = client.get(path)
            self.assertEqual((answer.status, answer.body), (200, body), path)
        for path, kept in promises.current.items():
            answer = client.get(path)
            if kept is None:
                self.assertEqual(answer.status, 410, path)
            elif answer.status == 410:
                pass  # the deletion after it was committed, and its answer lost with the process
            else:
                self.assertEqual(answer.status, 200, path)
                version = version_of(answer)
                self.assertIn(version, (kept[0], kept[0] + 1), path)
                if version == kept[0]:
                    self.assertEqual(answer.body, kept[1], path)
        for name, acknowledged in promises.transactions.items():
            found = total(client, f"Observation?identifier=urn:example:functional|{name}")
            self.assertIn(found, (TRANSACTION_SIZE,) if acknowledged else (0, TRANSACTION_SIZE), name)

    def test_kill_under_write_load(self):
        chance = random.Random(SEED)
        rounds = []
        server = self.server()
        for number in range(ROUNDS):
            promises = Acknowledged()
            writers = [Writer(server.port, promises, f"r{number}w{index}", random.Random(chance.random()))
                       for index in range(WRITERS)]
            for writer in writers:
                writer.start()
            time.sleep(chance.uniform(0.02, 0.3))  # the moment of the kill is the test's random input
            server.kill()
            for writer in writers:
                writer.join(30)
                self.assertFalse(writer.is_alive())
                self.assertIsNone(writer.error)
            rounds.append(promises)
            server.start()
            with contextlib.closing(server.client()) as client:
                self.check(client, promises)
        with contextlib.closing(server.client()) as client:
            for promises in rounds:
                self.check(client, promises)
            writes = sum(len(promises.versions) for promises in rounds)
            transactions = sum(sum(promises.transactions.values()) for promises in rounds)
            print(f"seed {SEED}: {ROUNDS} kills, "
                  f"{writes} versions and {transactions} transactions acknowledged, all kept")
            self.assertGreater(writes, ROUNDS)
        self.assertEqual(server.stop(), 0)
        self.assert_store_is_sound()


if __name__ == "__main__":
    unittest.main()
