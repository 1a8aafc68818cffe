#!/usr/bin/env python3
"""The checker of histories finds each kind of wrong history, and nothing in a right one."""

import unittest

from history import DELETED, OK, REFUSED, UNKNOWN, Final, Piece, Read, Seen, Write, check


def write(content, path="Observation/1", version=1, client="a", at=1.0, outcome=OK, **piece):
    return Write(client, [Piece(path, content, version, **piece)], at, at + 0.5, outcome)


def transaction(contents, version=1, outcome=OK, at=1.0):
    pieces = [Piece(f"Observation/{number}", content, version) for number, content in enumerate(contents)]
    return Write("a", pieces, at, at + 0.5, outcome)


def read(at, client="r", **versions):
    return Read(client, {path.replace("_", "/"): seen for path, seen in versions.items()}, at)


class HistoryTest(unittest.TestCase):
    def assert_wrong(self, writes, reads, versions, words):
        found = check(writes, reads, Final(versions))
        self.assertEqual(len(found), 1, found)
        self.assertIn(words, found[0])

    def assert_right(self, writes, reads, versions):
        self.assertEqual(check(writes, reads, Final(versions)), [])

    def test_right_history(self):
        writes = [write("x"), write("y", version=2, at=2, expected=1), write("z", version=3, at=3, expected=2),
                  write(DELETED, version=4, at=4), write("lost", path=None, version=None, outcome=UNKNOWN),
                  write("no", outcome=REFUSED, expected=1), transaction(["p", "q"])]
        writes[-1].pieces[0].path, writes[-1].pieces[1].path = "Observation/2", "Observation/3"
        reads = [read(1.7, Observation_1=Seen(1, "x")), read(1.7, Observation_1=Seen(2, "y")),
                 read(1.8, Observation_2=Seen(1, "p"), Observation_3=Seen(1, "q")), read(5, Observation_1=Seen(0))]
        versions = {"Observation/1": [(1, "x"), (2, "y"), (3, "z"), (4, DELETED)], "Observation/2": [(1, "p")],
                    "Observation/3": [(1, "q")], "Observation/4": [(1, "lost")]}
        self.assert_right(writes, reads, versions)
        del versions["Observation/4"]
        self.assert_right(writes, reads, versions)

    def test_gap(self):
        self.assert_wrong([write("x"), write("z", version=3)], [], {"Observation/1": [(1, "x"), (3, "z")]}, "1..n")

    def test_version_twice(self):
        self.assert_wrong([write("x"), write("y", outcome=UNKNOWN)], [], {"Observation/1": [(1, "x"), (1, "y")][::-1]},
                          "1..n")

    def test_acknowledged_write_is_gone(self):
        self.assert_wrong([write("x")], [], {}, "it is None")

    def test_acknowledged_write_has_other_content(self):
        self.assert_wrong([write("x"), write("y", outcome=UNKNOWN)], [], {"Observation/1": [(1, "y")]}, "it is y")

    def test_acknowledged_deletion_is_gone(self):
        self.assert_wrong([write("x"), write(DELETED, version=2)], [], {"Observation/1": [(1, "x")]}, "it is None")

    def test_update_lost(self):
        writes = [write("x"), write("y", version=2, expected=1, client="b"),
                  Write("c", [Piece("Observation/1", "y", 2, 1)], 1, 2, OK)]
        self.assert_wrong(writes, [], {"Observation/1": [(1, "x"), (2, "y")]}, "by b and by c")

    def test_update_of_another_version(self):
        writes = [write("x"), write("y", version=2), write("z", version=3, expected=1)]
        self.assert_wrong(writes, [], {"Observation/1": [(1, "x"), (2, "y"), (3, "z")]}, "made version 3")

    def test_unknown_write_twice(self):
        self.assert_wrong([write("x", outcome=UNKNOWN)], [], {"Observation/1": [(1, "x")], "Observation/2": [(1, "x")]},
                          "2 times")

    def test_refused_write_is_there(self):
        self.assert_wrong([write("x", outcome=REFUSED)], [], {"Observation/1": [(1, "x")]}, "1 times")

    def test_deletion_twice(self):
        writes = [write("x"), write(DELETED, version=2)]
        self.assert_wrong(writes, [], {"Observation/1": [(1, "x"), (2, DELETED), (3, DELETED)]}, "deleted 2 times")

    def test_conditional_create_twice(self):
        writes = [write("x", once="k"), write("y", "Observation/2", once="k", client="b")]
        self.assert_wrong(writes, [], {"Observation/1": [(1, "x")], "Observation/2": [(1, "y")]},
                          "conditional create of k")

    def test_transaction_in_part(self):
        self.assert_wrong([transaction(["x", "y"], outcome=UNKNOWN)], [], {"Observation/0": [(1, "x")]}, "in part")

    def test_transaction_half_seen(self):
        reads = [read(1.2, Observation_0=Seen(1, "x"), Observation_1=Seen(0))]
        self.assert_wrong([transaction(["x", "y"])], reads, {"Observation/0": [(1, "x")], "Observation/1": [(1, "y")]},
                          "half")

    def test_invented(self):
        self.assert_wrong([], [], {"Observation/1": [(1, "x")]}, "nobody wrote")

    def test_stale_read(self):
        writes = [write("x"), write("y", version=2, at=2)]
        versions = {"Observation/1": [(1, "x"), (2, "y")]}
        self.assert_right(writes, [read(2.4, Observation_1=Seen(1, "x"))], versions)
        self.assert_wrong(writes, [read(2.6, Observation_1=Seen(1, "x"))], versions, "was acknowledged")

    def test_acknowledged_resource_is_not_found(self):
        self.assert_wrong([write("x")], [read(2, Observation_1=Seen(0))], {"Observation/1": [(1, "x")]},
                          "was acknowledged")

    def test_reads_go_back(self):
        writes = [write("x", at=0), write("y", version=2, at=5)]
        reads = [read(5.1, Observation_1=Seen(2, "y")), read(5.2, Observation_1=Seen(1, "x"))]
        versions = {"Observation/1": [(1, "x"), (2, "y")]}
        self.assert_wrong(writes, reads, versions, "after version 2")
        reads[1].client = "other"
        self.assert_right(writes, reads, versions)

    def test_read_of_other_content(self):
        self.assert_wrong([write("x")], [read(2, Observation_1=Seen(1, "y"))], {"Observation/1": [(1, "x")]},
                          "which is x")


if __name__ == "__main__":
    unittest.main()
