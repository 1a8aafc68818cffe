#!/usr/bin/env python3
"""Tables of views follow the store of a running server, through kill -9 too, and SQL reads them meanwhile."""

import contextlib
import json
import os
import pty
import sqlite3
import subprocess
import time
import unittest

from harness import BINARY, FunctionalTest, observation

PATIENCE_SECONDS = 60
VIEW = {
    "resourceType": "ViewDefinition", "id": "v", "name": "numbers", "status": "active", "resource": "Observation",
    "meta": {"tag": [{"system": "urn:vesta:view", "code": "materialised"}]},
    "select": [{"column": [{"name": "id", "path": "getResourceKey()"},
                           {"name": "number", "path": "identifier.value.first()", "type": "string"}]}],
}


class ViewTablesTest(FunctionalTest):
    def sql(self, statement, check=True, *flags):
        return self.vesta("sql", statement, "--data", self.data, "--format", "ndjson", *flags, check=check)

    def rows(self, statement):
        return [json.loads(line) for line in self.sql(statement).stdout.splitlines()]

    def wait_for(self, statement, rows):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            answer = self.sql(statement, check=False)
            found = [json.loads(line) for line in answer.stdout.splitlines()] if answer.returncode == 0 else None
            if found == rows:
                return
            self.assertLess(time.monotonic(), deadline, f"{found} is not {rows}: {answer.stderr}")
            time.sleep(0.05)

    def test_follow_a_running_server(self):
        server = self.server()
        refused = self.sql("select 1", check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn(b"no tables of views", refused.stderr)
        with contextlib.closing(server.client()) as client:
            self.assertEqual(client.put("ViewDefinition/v", VIEW).status, 201)
            for number in range(20):
                written = client.put(f"Observation/o{number}", {**observation(number), "id": f"o{number}"})
                self.assertEqual(written.status, 201)
            self.wait_for("select count(*) as n from numbers", [{"n": 20}])
            self.assertEqual(client.delete("Observation/o3").status, 204)
            self.assertEqual(client.put("Observation/o4", {**observation(400), "id": "o4"}).status, 200)
            self.wait_for("select id, number from numbers where id in ('o3', 'o4')", [{"id": "o4", "number": "400"}])
        # Another tool.
        with contextlib.closing(sqlite3.connect(f"file:{self.data}/views.db?mode=ro", uri=True)) as connection:
            self.assertEqual(connection.execute("select count(*) from numbers").fetchone(), (19,))
        self.assertEqual(self.sql("delete from numbers", check=False).returncode, 2)
        self.assertEqual(server.stop(), 0)
        self.assertEqual(self.rows("select count(*) as n from numbers"), [{"n": 19}])

    def test_console(self):
        server = self.server()
        with contextlib.closing(server.client()) as client:
            self.assertEqual(client.put("ViewDefinition/v", VIEW).status, 201)
            self.assertEqual(client.put("Observation/o1", {**observation(1), "id": "o1"}).status, 201)
        self.wait_for("select id from numbers", [{"id": "o1"}])
        questions = (b".tables\n.schema numbers\nselect nothing\nfrom numbers;\ndelete from numbers;\n"
                     b".mode json\nselect id, number from numbers;\n.nothing\n.quit\nselect 1;\n")
        answer = self.vesta("sql", "--data", self.data, text=questions, check=False)
        lines = answer.stdout.decode().splitlines()
        self.assertEqual(lines[:2], ["name,state", "numbers,complete"])
        self.assertTrue(lines[2].startswith("CREATE TABLE") and "number" in lines[2] and lines[2].endswith(";"), lines)
        self.assertEqual(lines[3:], ['[{"id":"o1","number":"1"}]'])
        errors = answer.stderr.decode().splitlines()
        self.assertEqual(len(errors), 3, errors)
        self.assertIn("nothing", errors[0])
        self.assertIn("may read", errors[1])
        self.assertIn(".help", errors[2])
        self.assertEqual(answer.returncode, 2)
        self.assert_terminal()
        self.assertEqual(server.stop(), 0)

    def assert_terminal(self):
        """A terminal is prompted, and gets tables."""
        ours, theirs = pty.openpty()
        with subprocess.Popen([BINARY, "sql", "--data", self.data], stdin=theirs, stdout=subprocess.PIPE) as process:
            os.close(theirs)
            os.write(ours, b"select id,\nnumber from numbers;\n.quit\n")
            out = process.stdout.read().decode()
        os.close(ours)
        self.assertEqual(process.returncode, 0)
        self.assertEqual(out, "vesta>   ...> id  number\n--  ------\no1  1\nvesta> ")

    def test_go_on_after_a_kill(self):
        server = self.server()
        with contextlib.closing(server.client()) as client:
            self.assertEqual(client.put("ViewDefinition/v", VIEW).status, 201)
        written = 0
        for _ in range(5):
            with contextlib.closing(server.client()) as client:
                entries = [{"resource": observation(written + i), "request": {"method": "POST", "url": "Observation"}}
                           for i in range(400)]
                answer = client.post("", {"resourceType": "Bundle", "type": "transaction", "entry": entries})
                self.assertEqual(answer.status, 200)
                written += len(entries)
            server.kill()  # wherever the tables are
            server.start()
        self.wait_for("select count(*) as n, count(distinct number) as different from numbers",
                      [{"n": written, "different": written}])
        self.assertEqual(self.rows("select complete, failure from _vesta_view"), [{"complete": 1, "failure": ""}])


if __name__ == "__main__":
    unittest.main()
