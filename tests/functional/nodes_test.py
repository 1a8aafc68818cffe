#!/usr/bin/env python3
"""Several nodes over one PostgreSQL: what one has learnt, the others go by."""

import contextlib
import threading
import time
import unittest

from edge import wait_until
from harness import FunctionalTest, Server
from postgres import Postgres
from search_parameters_test import PARAMETER, numbered

RESOURCES = 300
WAIT_SECONDS = 60


class NodesTest(FunctionalTest):
    def nodes(self, *flags, **options):
        """One for each of `flags`; two without."""
        url = Postgres(self).start().new_database()
        self.vesta("migrate", "--store", url)
        nodes = []
        for number, each in enumerate(flags or ([], [])):
            node = Server(self.folder / f"node{number}", ["--store", url, *each], **options)
            self.addCleanup(node.__exit__)
            nodes.append(node)
        for node in nodes:  # together: whoever is first makes what all share
            node.start(wait=False)
        for node in nodes:
            node.wait_until_ready()
        return nodes

    def total_when_ready(self, client):
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            answer = client.get("Observation?remark=remark&_summary=count")
            if answer.status == 200:
                return answer.json()["total"]
            self.assertIn(answer.status, (400, 503), answer.body[:500])  # not known yet; being indexed
            self.assertLess(time.monotonic(), deadline, "it is never ready")
            time.sleep(0.02)

    def test_a_search_parameter_holds_for_what_any_node_writes(self):
        one, two = self.nodes()
        failures = []

        def write(node, numbers):
            with contextlib.closing(node.client()) as client:
                for number in numbers:
                    answer = client.put(f"Observation/o{number}", numbered(number))
                    if answer.status != 201:
                        failures.append(answer.body[:500])

        writers = [threading.Thread(target=write, args=(node, range(begin, RESOURCES, 2)))
                   for begin, node in enumerate((one, two))]
        for writer in writers:
            writer.start()
        with contextlib.closing(one.client()) as client, contextlib.closing(two.client()) as other:
            self.assertEqual(client.put("SearchParameter/remark", PARAMETER).status, 201)
            for writer in writers:
                writer.join()
            self.assertEqual(failures, [])
            self.assertEqual(self.total_when_ready(client), RESOURCES)
            self.assertEqual(self.total_when_ready(other), RESOURCES)
            self.assertEqual(other.put("Observation/late", {**numbered(1), "id": "late"}).status, 201)
            self.assertEqual(self.total_when_ready(client), RESOURCES + 1)
            self.assertEqual(other.delete("SearchParameter/remark").status, 204)
            wait_until(lambda: client.get("Observation?remark=remark").status == 400, "it is forgotten")

    def test_roles(self):
        api, worker, other = self.nodes(["--roles", "api"], ["--roles", "worker"], ["--roles", "worker"])
        with contextlib.closing(api.client()) as client, contextlib.closing(worker.client()) as of_worker:
            self.assert_outcome(of_worker.get("Observation"), 503)
            self.assertEqual(of_worker.get("/readyz").status, 200)
            wait_until(lambda: b"\nvesta_worker_nodes 2\n" in of_worker.get("/metrics").body,
                       "it learns of the other with its next beat")
            for number in range(20):
                self.assertEqual(client.put(f"Observation/o{number}", numbered(number)).status, 201)
            self.assertEqual(client.put("SearchParameter/remark", PARAMETER).status, 201)
            self.assertEqual(self.total_when_ready(client), 20)
            self.assertNotIn("indexing search parameters", api.log())
            indexed = [node for node in (worker, other) if "indexing search parameters" in node.log()]
            self.assertEqual(len(indexed), 1)
            holder = indexed[0]
            holder.kill()
            parameter = {**PARAMETER, "id": "status2", "url": "http://example.org/status2", "code": "status2",
                         "type": "token", "expression": "Observation.status"}
            self.assertEqual(client.put("SearchParameter/status2", parameter).status, 201)
            wait_until(lambda: client.get("Observation?status2=final").status == 200, "the other takes over")
            survivor = other if holder is worker else worker
            self.assertIn("indexing search parameters", survivor.log())

    def test_a_node_of_another_issuer_is_refused(self):
        first, second = (["--base-url", f"http://localhost/{name}"] for name in ("one", "two"))
        nodes = self.nodes(first, first, has_access_control=True)
        refused = Server(self.folder / "refused", [*nodes[0].flags[:2], *second], has_access_control=True)
        self.addCleanup(refused.__exit__)
        told = "has the base URL http://localhost/one, and not http://localhost/two"
        with self.assertRaisesRegex(RuntimeError, told):
            refused.start()

    def test_a_page_link_is_good_at_any_node(self):
        one, two = self.nodes()
        with contextlib.closing(one.client()) as client, contextlib.closing(two.client()) as other:
            for number in range(5):
                self.assertEqual(client.put(f"Observation/o{number}", numbered(number)).status, 201)
            page = client.get("Observation?_count=2").json()
            following = {link["relation"]: link["url"] for link in page["link"]}["next"].split("/fhir/", 1)[1]
            self.assertEqual(other.get(following).status, 200)


if __name__ == "__main__":
    unittest.main()
