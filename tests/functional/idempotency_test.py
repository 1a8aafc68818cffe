#!/usr/bin/env python3
"""Writes with an Idempotency-Key are made once: the answer lost, nodes that race, a node killed, Redis flushed."""

import contextlib
import json
import socket
import threading
import unittest

from edge import wait_until
from fleet import FleetTest, resource_of
from harness import FHIR_JSON, FunctionalTest, observation, total
from redis import Redis

RACES = 20


def bundle_of(kind, count):
    return {"resourceType": "Bundle", "type": kind,
            "entry": [{"resource": observation(number), "request": {"method": "POST", "url": "Observation"}}
                      for number in range(count)]}


def send_unheard(server, path, body, headers):
    """The connection, of which nobody reads the answer."""
    body = json.dumps(body).encode()
    fields = {"Host": "localhost", "Content-Type": FHIR_JSON, "Content-Length": len(body), **headers}
    head = f"POST {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items()) + "\r\n"
    connection = socket.create_connection(("127.0.0.1", server.port))
    connection.sendall(head.encode() + body)
    return connection


class IdempotencyTest(FunctionalTest):
    KEY = {"Idempotency-Key": '"of-this-test"'}

    def test_node_killed_before_its_answer_is_read(self):
        for path, body, made in (("/fhir/Observation", observation(0), 1), ("/fhir", bundle_of("transaction", 3), 3),
                                 ("/fhir", bundle_of("batch", 3), 3)):
            with self.subTest(path=path, made=made):
                key = {"Idempotency-Key": f'"{path}-{body.get("type")}"'}
                server = self.server()
                with contextlib.closing(server.client()) as client:
                    before = total(client, "Observation")
                    with send_unheard(server, path, body, key):
                        wait_until(lambda client=client, goal=before + made: total(client, "Observation") == goal,
                                   "it is written")
                        server.kill()
                server.start()
                with contextlib.closing(server.client()) as client:
                    again = client.request("POST", path, body, key)
                    self.assertIn(again.status, (200, 201), again.body[:500])
                    self.assertEqual(total(client, "Observation"), before + made)
                    if path != "/fhir":
                        location = again.headers["Location"].split("/fhir/")[1]
                        self.assertEqual(client.get(location).body, again.body)
                    else:
                        locations = [entry["response"]["location"] for entry in again.json()["entry"]]
                        self.assertEqual(len(set(locations)), made)
                    self.assertEqual(client.request("POST", path, body, key).body, again.body)
                self.assertEqual(server.stop(), 0)
                self.assert_store_is_sound()


class IdempotencyOfAFleetTest(FleetTest):
    def send(self, node, key, body, path="Observation"):
        with contextlib.closing(node.client()) as client:
            return client.request("POST", path, body, {**self.headers, "Idempotency-Key": key})

    def count(self):
        with contextlib.closing(self.nodes[-1].client()) as client:
            return total(client, "Observation", **self.headers)

    def race(self, key, body, path="Observation"):
        """Both nodes are sent it at once: their answers."""
        barrier = threading.Barrier(len(self.nodes))
        answers = {}

        def send(node):
            barrier.wait()
            answers[node] = self.send(node, key, body, path)
        threads = [threading.Thread(target=send, args=(node,)) for node in self.nodes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return [answers[node] for node in self.nodes]

    def test_nodes_race(self):
        redis = Redis(self).start()
        one, two = self.fleet(flags=["--cache", redis.url])
        for number in range(RACES):
            answers = self.race(f"race-{number}", resource_of(f"race-{number}"))
            self.assertEqual([answer.status for answer in answers], [201, 201])
            self.assertEqual(answers[0].headers["Location"], answers[1].headers["Location"])
            self.assertEqual(answers[0].body, answers[1].body)
            answers = self.race(f"races-{number}", bundle_of("transaction", 2), "")
            self.assertEqual([answer.status for answer in answers], [200, 200])
            self.assertEqual(answers[0].body, answers[1].body)
        self.assertEqual(self.count(), 3 * RACES)
        first = self.send(one, "flushed", resource_of("flushed"))
        redis.ask("FLUSHALL")
        self.assertEqual(self.send(two, "flushed", resource_of("flushed")).body, first.body)
        redis.kill()
        self.assertEqual(self.send(one, "flushed", resource_of("flushed")).body, first.body)
        self.assertEqual(self.count(), 3 * RACES + 1)
        other = self.send(two, "flushed", resource_of("other"))
        self.assert_outcome(other, 422)

    def test_node_killed_another_answers(self):
        one, two = self.fleet()
        resource = resource_of("unheard")
        with send_unheard(one, "/fhir/Observation", resource, {**self.headers, "Idempotency-Key": "unheard"}):
            wait_until(lambda: self.count() == 1, "it is written")
            one.kill()
        again = self.send(two, "unheard", resource)
        self.assertEqual(again.status, 201)
        self.assertEqual(self.count(), 1)
        with contextlib.closing(two.client()) as client:
            path = again.headers["Location"].split("/fhir/")[1]
            self.assertEqual(client.request("GET", path, None, self.headers).body, again.body)


if __name__ == "__main__":
    unittest.main()
