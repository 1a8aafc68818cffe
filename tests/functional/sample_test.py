#!/usr/bin/env python3
"""`vesta sample` makes its population as it writes it: its memory does not grow with the number of patients."""

import os
import subprocess
import unittest

from harness import BINARY, FunctionalTest

PATIENTS = 300
MAX_RESIDENT_KIB = 64 * 1024
CHUNK = 1 << 20


class SampleTest(FunctionalTest):
    def write_sample(self, *flags):
        """The bytes written and the peak of resident memory in KiB."""
        command = [str(BINARY), "sample", "--patients", str(PATIENTS), "--output", "-", *flags]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        written = 0
        with process.stdout as stream:
            while chunk := stream.read(CHUNK):
                written += len(chunk)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0)
        return written, usage.ru_maxrss

    def test_memory_is_constant(self):
        for form in ("ndjson", "bundles"):
            written, resident = self.write_sample("--format", form)
            self.assertGreater(written, MAX_RESIDENT_KIB * 1024, "more than may be kept")
            self.assertLess(resident, MAX_RESIDENT_KIB, form)


if __name__ == "__main__":
    unittest.main()
