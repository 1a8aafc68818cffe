#!/usr/bin/env python3
"""Backups of both engines, taken under writes, restored elsewhere and proved: what docs/operations/backup.md tells."""

import contextlib
import os
import pwd
import secrets
import shutil
import threading
import time
import unittest

from harness import FunctionalTest, Server, observation
from postgres import Postgres

BEFORE = 150  # resources that are acknowledged before the backup begins
PATIENCE_SECONDS = 60


class Writers:
    """Post and update until they are stopped; `acknowledged`: path of each version → its body, as it was answered."""

    def __init__(self, server, count=3):
        self.server = server
        self.acknowledged = {}
        self.failures = []
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(number,)) for number in range(count)]
        for thread in self.threads:
            thread.start()

    def run(self, writer):
        try:
            with contextlib.closing(self.server.client()) as client:
                number = 0
                while not self.stopping.is_set():
                    number += 1
                    resource = {**observation(number), "id": f"w{writer}-{number // 2}"}
                    answer = client.put(f"Observation/{resource['id']}", resource, Prefer="return=representation")
                    if answer.status not in (200, 201):
                        raise AssertionError(answer.body[:500])
                    version = answer.headers["ETag"].split('"')[1]
                    self.acknowledged[f"Observation/{resource['id']}/_history/{version}"] = answer.body
        except Exception as failure:  # a thread's own would only be printed
            self.failures.append(failure)

    def wait_for(self, count):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(self.acknowledged) < count and not self.failures:
            if time.monotonic() > deadline:
                raise AssertionError("the writers are stuck")
            time.sleep(0.005)
        return dict(self.acknowledged)

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(PATIENCE_SECONDS)
        if self.failures:
            raise self.failures[0]
        return dict(self.acknowledged)


def words(printed):
    return dict(line.split(None, 1) for line in printed.decode().splitlines())


class BackupTest(FunctionalTest):
    def assert_has(self, server, acknowledged):
        with contextlib.closing(server.client()) as client:
            for path, body in acknowledged.items():
                answer = client.get(path)
                self.assertEqual(answer.status, 200, path)
                self.assertEqual(answer.body, body, path)

    def assert_is_sound(self, *store):
        self.vesta("check", *store)
        self.vesta("audit", "verify", *store)

    def back_up_sqlite(self, *key):
        """A backup while others write; what its restore must prove."""
        server = self.server(*key)
        writers = Writers(server)
        before = writers.wait_for(BEFORE)
        backup = self.folder / "backup"
        printed = words(self.vesta("backup", backup, "--data", self.data, *key).stdout)
        during = len(writers.acknowledged)
        writers.wait_for(during + 20)
        everything = writers.stop()
        self.assertGreater(len(everything), len(before))
        self.assertEqual(server.stop(), 0)

        limits = ["--commits", printed["commits"], "--records", printed["records"]]
        original = self.vesta("digest", "--data", self.data, *limits, *key).stdout
        shutil.rmtree(self.data)
        restored = self.folder / "restored"
        backup.rename(restored)
        self.assertEqual(self.vesta("digest", "--data", restored, *limits, *key).stdout, original)
        self.assertEqual(words(original)["versions"].split()[0], printed["commits"])
        whole = words(self.vesta("digest", "--data", restored, *key).stdout)
        self.assertEqual(whole["versions"], words(original)["versions"], "it has nothing beyond what it says")
        self.assert_is_sound("--data", restored, *key)
        with Server(restored, key).start() as again:
            self.assert_has(again, before)
            with contextlib.closing(again.client()) as client:
                self.assertEqual(client.post("Observation", observation(1)).status, 201)
            self.assertEqual(again.stop(), 0)
        return before

    def test_sqlite(self):
        self.back_up_sqlite()

    def test_sqlite_encrypted(self):
        key = self.folder / "key"
        key.write_text(secrets.token_hex(32) + "\n")
        self.back_up_sqlite("--store-key-file", str(key))
        content = (self.folder / "restored" / "vesta.db").read_bytes()
        for secret in (b"SQLite format", b"last_updated", b"urn:example:functional"):
            self.assertNotIn(secret, content)

    def test_a_backup_overwrites_nothing(self):
        with self.server() as server:
            (self.folder / "there").mkdir()
            refused = self.vesta("backup", self.folder / "there", "--data", self.data, check=False)
            self.assertEqual(refused.returncode, 1)
            self.assertIn(b"is there already", refused.stderr)
            self.assertEqual(server.stop(), 0)

    def archive(self):
        """A folder that PostgreSQL may write its log to."""
        folder = self.folder / "archive"
        folder.mkdir()
        if os.getuid() == 0:
            for path in (self.folder, folder):
                shutil.chown(path, pwd.getpwnam("postgres").pw_uid)
        return folder

    def wait_until_archived(self, postgres):
        last = postgres.sql("SELECT pg_walfile_name(pg_switch_wal())")
        deadline = time.monotonic() + PATIENCE_SECONDS
        while postgres.sql("SELECT coalesce(last_archived_wal, '') FROM pg_stat_archiver") < last:
            self.assertLess(time.monotonic(), deadline, postgres.log()[-2000:])
            time.sleep(0.05)

    def test_postgresql_to_a_point_in_time(self):
        archive = self.archive()
        postgres = Postgres(self, wal_level="replica", full_page_writes="on", archive_mode="on",
                            archive_command=f"cp %p {archive}/%f").start()
        url = postgres.new_database()
        self.vesta("migrate", "--store", url)
        server = self.server("--store", url)
        writers = Writers(server)
        before = writers.wait_for(BEFORE)
        base = postgres.folder / "base"
        postgres.run("pg_basebackup", "-D", base, "-X", "stream", "--checkpoint=fast", "-d", postgres.url("postgres"))
        writers.wait_for(len(writers.acknowledged) + 20)
        acknowledged = writers.stop()
        self.assertGreater(len(acknowledged), len(before))
        moment = postgres.sql("SELECT clock_timestamp()")
        expected = self.vesta("digest", "--store", url).stdout
        with contextlib.closing(server.client()) as client:  # the mistake that the restore is to undo
            for path in list(acknowledged)[:20]:
                client.delete(path.split("/_history")[0])
        self.assertEqual(server.stop(), 0)
        self.assertNotEqual(self.vesta("digest", "--store", url).stdout, expected)
        self.wait_until_archived(postgres)
        postgres.stop()

        (base / "recovery.signal").touch()
        restored = Postgres(self, data=base, restore_command=f"cp {archive}/%f %p", recovery_target_action="promote",
                            recovery_target_time=moment).start()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while restored.sql("SELECT pg_is_in_recovery()") != "f":
            self.assertLess(time.monotonic(), deadline, restored.log()[-2000:])
            time.sleep(0.05)
        url = restored.url(url.split("/")[3].split("?")[0])
        self.assertEqual(self.vesta("digest", "--store", url).stdout, expected)
        self.assert_is_sound("--store", url)
        with Server(self.folder / "node", ["--store", url]).start() as again:
            self.assert_has(again, acknowledged)
            self.assertEqual(again.stop(), 0)


if __name__ == "__main__":
    unittest.main()
