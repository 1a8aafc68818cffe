#!/usr/bin/env python3
"""The whole of Synthea, by POST of every Bundle and by `vesta import`, read back and compared resource by resource."""

import contextlib
import hashlib
import json
import time
import unittest

from harness import FunctionalTest, parse, synthea_bundles, total

ENTRIES = 38970
BUNDLES = 102  # one for each of 100 patients, and two of their organizations and practitioners


def strip(resource):
    """Without what the server assigns: id, version, time."""
    rest = {name: value for name, value in resource.items() if name not in ("id", "meta")}
    meta = {name: value for name, value in resource.get("meta", {}).items() if name not in ("versionId", "lastUpdated")}
    return {**rest, "meta": meta} if meta else rest


def rewrite(value, assigned):
    """The tree with each reference by `urn:uuid:` replaced by the address that the server gave."""
    if isinstance(value, dict):
        return {name: rewrite(child, assigned) for name, child in value.items()}
    if isinstance(value, list):
        return [rewrite(child, assigned) for child in value]
    if isinstance(value, str) and type(value) is str:
        return assigned.get(value, value)
    return value


def unassign(value, names):
    """The tree with each reference to a resource replaced by a name that two loads of the same data share."""
    if isinstance(value, dict):
        return {name: unassign(child, names) for name, child in value.items()}
    if isinstance(value, list):
        return [unassign(child, names) for child in value]
    return names.get(value, value) if type(value) is str else value


class SyntheaTest(FunctionalTest):
    def read_bundles(self):
        for path in synthea_bundles(self):
            bundle = parse(path.read_text())
            if bundle["resourceType"] == "Bundle":
                yield path, bundle

    def test_post_of_all_bundles_reads_back_equal(self):
        sent, locations = [], []
        server = self.server()
        started = time.monotonic()
        with contextlib.closing(server.client()) as client:
            for path, bundle in self.read_bundles():
                answer = client.post("", path.read_bytes())
                self.assertEqual(answer.status, 200, (path.name, answer.body[:500]))
                result = answer.json()
                self.assertEqual(result["type"], "transaction-response")
                self.assertEqual(len(result["entry"]), len(bundle["entry"]))
                assigned = {}
                for entry, done in zip(bundle["entry"], result["entry"]):
                    self.assertTrue(done["response"]["status"].startswith("201"), done)
                    location = done["response"]["location"].split("/_history/")[0]
                    assigned[entry["fullUrl"]] = "/".join(location.split("/")[-2:])
                sent.append((bundle, assigned))
            loaded = time.monotonic() - started
            self.assertEqual(len(sent), BUNDLES)
            compared = 0
            for bundle, assigned in sent:
                for entry in bundle["entry"]:
                    location = assigned[entry["fullUrl"]]
                    answer = client.get(location)
                    self.assertEqual(answer.status, 200, location)
                    stored = answer.json()
                    self.assertEqual(f"{stored['resourceType']}/{stored['id']}", location)
                    self.assertEqual(stored["meta"]["versionId"], "1")
                    self.assertEqual(strip(stored), rewrite(strip(entry["resource"]), assigned), location)
                    compared += 1
            self.assertEqual(compared, ENTRIES)
            types = {entry["resource"]["resourceType"] for bundle, _ in sent for entry in bundle["entry"]}
            self.assertEqual(sum(total(client, name) for name in types), ENTRIES)
        self.assertEqual(server.stop(), 0)
        self.assert_store_is_sound()
        print(f"{BUNDLES} Bundles, {compared} resources posted in {loaded:.1f} s over one connection, read back equal")

    def test_import_reads_back_equal(self):
        folder = self.folder / "bundles"
        folder.mkdir()
        expected = []
        for path, bundle in self.read_bundles():
            (folder / path.name).symlink_to(path)
            expected.append(bundle)
        started = time.monotonic()
        self.vesta("import", folder, "--data", self.data)
        seconds = time.monotonic() - started
        exported = self.folder / "export"
        self.vesta("export", "--data", self.data, "--output", exported)
        lines = [line for path in sorted(exported.glob("*.ndjson")) for line in path.read_text().split("\n") if line]
        resources = [parse(line) for line in lines]
        self.assertEqual(len(resources), ENTRIES)
        # The command does not say which id became which: resources are found again by content. Every reference is put
        # as the content of its target without references, on both sides.
        self.assertEqual(self.contents(resources, lambda r: f"{r['resourceType']}/{r['id']}"),
                         sorted(text for bundle in expected for text in self.contents_of_bundle(bundle)))
        print(f"{ENTRIES} resources imported in {seconds:.1f} s, exported equal")

    def contents_of_bundle(self, bundle):
        addresses = {id(entry["resource"]): entry["fullUrl"] for entry in bundle["entry"]}
        return self.contents([entry["resource"] for entry in bundle["entry"]], lambda r: addresses[id(r)])

    def contents(self, resources, address_of):
        """Each resource as text, with references replaced by what their targets say."""
        blank = {address_of(resource): "" for resource in resources}
        names = {}
        for resource in resources:
            text = json.dumps(unassign(strip(resource), blank), sort_keys=True)
            names[address_of(resource)] = hashlib.sha256(text.encode()).hexdigest()
        return sorted(json.dumps(unassign(strip(resource), names), sort_keys=True) for resource in resources)


if __name__ == "__main__":
    unittest.main()
