#!/usr/bin/env python3
"""`vesta import` killed at random moments and started again: in the end each resource is there, once."""

import random
import shutil
import signal
import subprocess
import unittest

from harness import BINARY, FunctionalTest, synthea_bundles

SEED = 7
KILLS = 6
PATIENTS = 80


class ImportResumeTest(FunctionalTest):
    def export(self):
        """The exported lines without what an import assigns anew each time: the time of the version."""
        self.vesta("check", "--data", self.data)
        return self.vesta("export", "--data", self.data, "--output", "-").stdout.splitlines()

    def import_with_kills(self, source, seconds):
        chance = random.Random(SEED)
        killed = 0
        for _ in range(KILLS):
            process = subprocess.Popen([BINARY, "import", source, "--data", self.data], stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                process.wait(chance.uniform(0.1, seconds))
                break
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
                killed += 1
        self.assertGreater(killed, 0, "the import ended before it could be killed once")
        self.vesta("import", source, "--data", self.data)
        return killed

    def test_bundles(self):
        source = self.folder / "bundles"
        source.mkdir()
        for path in synthea_bundles(self):
            if b'"Bundle"' in path.read_bytes()[:100]:
                shutil.copy2(path, source)
        killed = self.import_with_kills(source, 1.5)
        lines = self.export()
        # POST gives new ids: an entry that was committed twice would be one too many.
        self.assertEqual(len(lines), 38970)
        print(f"killed {killed} times, {len(lines)} resources")

    def test_ndjson(self):
        source = self.folder / "sample"
        self.vesta("sample", "--patients", PATIENTS, "--format", "ndjson", "--output", source)
        expected = sum(len(path.read_bytes().splitlines()) for path in source.glob("*.ndjson"))
        killed = self.import_with_kills(source, 0.5)
        lines = self.export()
        self.assertEqual(len(lines), expected)
        # Progress is committed with the data, so no resource was written twice.
        self.assertEqual([line[:300] for line in lines if b'"versionId":"1"' not in line[:300]], [])
        print(f"killed {killed} times, {len(lines)} resources")


if __name__ == "__main__":
    unittest.main()
