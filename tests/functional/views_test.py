#!/usr/bin/env python3
"""Views of all of Synthea: from files and from a store the same rows, which join; long inputs take little memory."""

import contextlib
import csv
import ctypes
import http.client
import io
import json
import os
import subprocess
import threading
import unittest

from harness import BINARY, FunctionalTest, synthea_bundles

OBSERVATIONS = 16315
PARQUET = "application/vnd.apache.parquet"
PATIENTS = 100
PATIENT = json.dumps({"resourceType": "Patient", "id": "a", "name": [{"text": "x" * 3000}]}).encode() + b"\n"
INPUT_BYTES = 200_000_000
MAX_RESIDENT_KIB = 64 * 1024  # of a process that reads so much


def view(resource_type, **columns):
    return {"resourceType": "ViewDefinition", "status": "active", "name": "rows", "resource": resource_type,
            "select": [{"column": [{"name": name, "path": path} for name, path in columns.items()]}]}


class ViewsTest(FunctionalTest):
    def write_view(self, name, *arguments, **columns):
        path = self.folder / name
        path.write_text(json.dumps(view(*arguments, **columns)))
        return path

    def rows(self, *arguments):
        text = self.vesta("view", "run", *arguments, "--format", "csv").stdout.decode()
        return list(csv.DictReader(io.StringIO(text)))

    def test_rows_of_bundles_join_and_equal_those_of_a_store(self):
        bundles = synthea_bundles(self)
        patients = self.write_view("patients.json", "Patient", key="getResourceKey()", birth="birthDate")
        observations = self.write_view("observations.json", "Observation", patient="subject.getReferenceKey(Patient)",
                                       code="code.coding.code.first()", value="value.ofType(Quantity).value")
        of_files = self.rows(observations, *bundles), self.rows(patients, *bundles)
        self.vesta("import", bundles[0].parent, "--data", self.data, "--progress", "none")
        of_store = self.rows(observations, "--data", self.data), self.rows(patients, "--data", self.data)
        joined = []
        for rows, people in (of_files, of_store):
            self.assertEqual((len(rows), len(people)), (OBSERVATIONS, PATIENTS))
            births = {person["key"]: person["birth"] for person in people}
            joined.append(sorted((births[row["patient"]], row["code"], row["value"]) for row in rows))
        self.assertEqual(joined[0], joined[1])

    def test_parquet_files_hold_the_same_rows_with_types(self):
        if not os.environ.get("VESTA_DUCKDB"):
            self.skipTest("no library of DuckDB: ./dev setup fetches it")
        bundles = synthea_bundles(self)
        definition = view("Observation", id="getResourceKey()", value="value.ofType(Quantity).value",
                          codes="code.coding.code")
        for column, more in zip(definition["select"][0]["column"],
                                ({"type": "id"}, {"type": "decimal"}, {"type": "code", "collection": True})):
            column.update(more)
        path = self.folder / "view.json"
        path.write_text(json.dumps(definition))
        self.vesta("import", bundles[0].parent, "--data", self.data, "--progress", "none")
        values = [row["value"] for row in self.rows(path, *bundles) if row["value"]]
        for source in (bundles, ["--data", self.data]):
            parquet = self.folder / "rows.parquet"
            self.vesta("view", "run", path, *source, "--parquet", parquet)
            self.assertEqual(parquet.read_bytes()[:4], b"PAR1")
            self.assert_holds(f"(SELECT count(*) = {OBSERVATIONS} AND count(value) = {len(values)}"
                              f" AND abs(sum(value) - {sum(map(float, values))!r}) < 0.01"
                              f" AND min(len(codes)) = 1 FROM read_parquet('{parquet}'))")
            self.assertEqual([path.name for path in self.folder.glob("rows*")], ["rows.parquet"])
            self.vesta("view", "run", path, *source, "--limit", "7", "--parquet", parquet)
            self.assert_holds(f"(SELECT count(*) = 7 FROM read_parquet('{parquet}'))")
        refused = self.vesta("view", "run", path, *bundles[:1], "--parquet", "/nothere/rows.parquet", check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn(b"/nothere/rows.parquet", refused.stderr)

        self.assert_parquet_over_http(definition, len(values))

    def assert_parquet_over_http(self, definition, values):
        """Of the store, by _format and by Accept; nothing stays in the folder in which it is made."""
        parquet = self.folder / "sent.parquet"
        holds = f"(SELECT count(*) = {OBSERVATIONS} AND count(value) = {values} FROM read_parquet('{parquet}'))"
        server = self.server()
        with contextlib.closing(server.client()) as client:
            self.assertEqual(client.put("ViewDefinition/v", {**definition, "id": "v"}).status, 201)
            run = "ViewDefinition/v/$viewdefinition-run"
            for answer in (client.get(run + "?_format=parquet"), client.get(run, Accept=PARQUET)):
                self.assertEqual((answer.status, answer.headers["Content-Type"]), (200, PARQUET))
                self.assertEqual(answer.headers["Transfer-Encoding"], "chunked")
                parquet.write_bytes(answer.body)
                self.assert_holds(holds)
            parquet.write_bytes(client.get(run + "?_format=parquet&_limit=7").body)
            self.assert_holds(f"(SELECT count(*) = 7 FROM read_parquet('{parquet}'))")
        self.assertEqual(list((self.data / "unsent-parquet").iterdir()), [])
        self.assertEqual(server.stop(), 0)
        self.assertFalse((self.data / "unsent-parquet").exists())

    def assert_holds(self, condition):
        """Asks DuckDB."""
        library = ctypes.CDLL(os.environ["VESTA_DUCKDB"])
        library.duckdb_result_error.restype = ctypes.c_char_p
        database, connection, result = ctypes.c_void_p(), ctypes.c_void_p(), (ctypes.c_char * 64)()
        self.assertEqual(library.duckdb_open(None, ctypes.byref(database)), 0)
        self.assertEqual(library.duckdb_connect(database, ctypes.byref(connection)), 0)
        sql = f"SELECT CASE WHEN {condition} THEN 1 ELSE error('it does not hold') END"
        state = library.duckdb_query(connection, sql.encode(), result)
        self.assertEqual(state, 0, library.duckdb_result_error(result) if state else None)
        library.duckdb_destroy_result(result)
        library.duckdb_disconnect(ctypes.byref(connection))
        library.duckdb_close(ctypes.byref(database))

    def test_rows_over_http_come_in_chunks(self):
        bundles = synthea_bundles(self)
        columns = {"id": "getResourceKey()", "code": "code.coding.code.first()"}
        observations = self.write_view("observations.json", "Observation", **columns)
        self.vesta("import", bundles[0].parent, "--data", self.data, "--progress", "none")
        expected = self.vesta("view", "run", observations, "--data", self.data).stdout
        self.assertEqual(len(expected.splitlines()), OBSERVATIONS)
        server = self.server()
        with contextlib.closing(server.client()) as client:
            self.assertEqual(client.put("ViewDefinition/v", {**view("Observation", **columns), "id": "v"}).status, 201)
            answer = client.get("ViewDefinition/v/$viewdefinition-run")
            self.assertEqual((answer.status, answer.headers["Transfer-Encoding"]), (200, "chunked"))
            self.assertEqual(answer.headers["Content-Type"], "application/x-ndjson")
            self.assertEqual(answer.body, expected)
            # The last Observation makes the view fail: the answer breaks off, and its client sees it.
            failing = {**view("Observation", several="note.text"), "id": "f"}
            self.assertEqual(client.put("ViewDefinition/f", failing).status, 201)
            last = {"resourceType": "Observation", "id": "last", "status": "final", "code": {"text": "c"},
                    "note": [{"text": "a"}, {"text": "b"}]}
            self.assertEqual(client.put("Observation/last", last).status, 201)
            with self.assertRaises(http.client.IncompleteRead):
                client.get("ViewDefinition/f/$viewdefinition-run")
        self.assertEqual(server.stop(), 0)

    def test_memory_does_not_grow_with_the_input(self):
        path = self.write_view("ids.json", "Patient", id="id")
        lines = self.folder / "lines.ndjson"
        chunk = PATIENT * 1000
        with lines.open("wb") as file:
            for _ in range(INPUT_BYTES // len(chunk)):
                file.write(chunk)
        with lines.open("rb") as file, (self.folder / "rows").open("wb") as rows:
            process = subprocess.Popen([BINARY, "view", "run", path, "-"], stdin=file, stdout=rows)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = status
        self.assertEqual(status, 0)
        self.assertEqual((self.folder / "rows").stat().st_size, INPUT_BYTES // len(chunk) * 1000 * len(b'{"id":"a"}\n'))
        self.assertLess(usage.ru_maxrss, MAX_RESIDENT_KIB)

    def test_rows_come_while_the_input_goes_on(self):
        path = self.write_view("names.json", "Patient", text="name.text.first()")
        with subprocess.Popen([BINARY, "view", "run", path, "-"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as process:
            writer = threading.Thread(target=lambda: process.stdin.write(PATIENT * 1000) and process.stdin.flush())
            writer.start()
            self.assertTrue(process.stdout.readline().startswith(b'{"text":"xxx'))
            rest = threading.Thread(target=lambda: (writer.join(), process.stdin.close()))
            rest.start()
            self.assertEqual(len(process.stdout.read().splitlines()), 999)
            rest.join()
        self.assertEqual(process.returncode, 0)


if __name__ == "__main__":
    unittest.main()
