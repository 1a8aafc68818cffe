#!/usr/bin/env python3
"""A disk that is full: writes are refused clearly, reads go on, and after space returns writes go on."""

import contextlib
import os
import resource
import signal
import subprocess
import unittest

from harness import FunctionalTest, observation, total

MEGABYTE = 1024 * 1024


class DiskFullTest(FunctionalTest):
    def write_until_refused(self, client):
        """The ids that were acknowledged, and the first refusal."""
        written = []
        for number in range(200_000):
            entries = [{"resource": {**observation(number), "note": [{"text": os.urandom(2000).hex()}]},
                        "request": {"method": "POST", "url": "Observation"}} for _ in range(20)]
            answer = client.post("", {"resourceType": "Bundle", "type": "transaction", "entry": entries})
            if answer.status != 200:
                return written, answer
            written += [entry["response"]["location"].split("/_history")[0].split("/")[-1]
                        for entry in answer.json()["entry"]]
        self.fail("the disk never got full")

    def check_full_and_back(self, server, make_space):
        with contextlib.closing(server.client()) as client:
            written, refusal = self.write_until_refused(client)
            self.assertGreater(len(written), 0)
            self.assertIn(refusal.status, (503, 507), refusal.body[:500])
            self.assert_outcome(refusal, refusal.status)
            for _ in range(3):
                self.assertIn(client.post("Observation", observation(1)).status, (201, 503, 507))
            self.assertEqual(client.get(f"Observation/{written[0]}").status, 200)
            self.assertEqual(client.get(f"Observation/{written[-1]}").status, 200)
            self.assertGreaterEqual(total(client, "Observation"), len(written))
            make_space()
            after = [client.post("Observation", observation(number)) for number in range(20)]
            self.assertEqual([answer.status for answer in after[1:]], [201] * 19)
            self.assertEqual(client.get("/readyz").status, 200)
        self.assertEqual(server.stop(), 0)
        self.assert_store_is_sound()
        server.start()
        with contextlib.closing(server.client()) as client:
            for name in written:
                self.assertEqual(client.get(f"Observation/{name}").status, 200)

    def test_file_size_limit(self):
        def limit():  # as ulimit -f, with the signal off so that write() fails instead
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (6 * MEGABYTE, hard))

        server = self.server(preexec=limit)
        server.preexec = None
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        self.check_full_and_back(
            server, lambda: resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (hard, hard)))

    def test_full_file_system(self):
        self.data.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", self.data]
        if os.geteuid() != 0 or subprocess.run(mount, stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("a small tmpfs cannot be mounted here")
        self.addCleanup(subprocess.run, ["umount", "--lazy", self.data])
        filler = self.data / "filler"
        filler.write_bytes(bytes(8 * MEGABYTE))
        self.check_full_and_back(self.server(), filler.unlink)


if __name__ == "__main__":
    unittest.main()
