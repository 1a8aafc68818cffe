"""What HAProxy and nginx with the shipped configurations must do alike."""

import contextlib
import gzip
import http.client
import json
import signal
import threading

import edge
from edge import wait_until
from harness import observation

PATIENT = {"resourceType": "Patient", "name": [{"family": "x" * 2000}]}
SECRET = "Bearer one"


class EdgeProperties(edge.EdgeTest):
    keeps_alive = True  # whether clients may keep connections while a node is taken out

    # TLS, HTTP/2, fields

    def test_clients_speak_http_2_and_tls(self):
        self.fake_nodes(a=None, b=None)
        for flag, version in (("--http2", "2"), ("--http1.1", "1.1")):
            self.assertEqual(self.curl("/fhir/x", flag, "--write-out", " %{http_version}")[1:], " " + version)
        old = self.edge_rejects("--tls-max", "1.1")
        self.assertIn("curl", old)
        self.assertEqual(self.ask("/fhir/x").headers["Strict-Transport-Security"], "max-age=31536000")

    def test_fields_say_who_the_client_is(self):
        a, b = self.fake_nodes(a=None, b=None)
        lies = {"X-Forwarded-For": "6.6.6.6", "Forwarded": "for=6.6.6.6", "X-Forwarded-Proto": "http"}
        with contextlib.closing(self.client("127.0.0.5")) as client:
            answer = client.request("GET", "/fhir/Patient", headers={**lies, "X-Request-Id": "mine-1"})
            made = [client.request("GET", "/fhir/Patient", headers={"X-Request-Id": bad}).headers["X-Request-Id"]
                    for bad in ("not sane!", "")]
        sent = {each.headers["X-Request-Id"]: each.headers for each in a.seen + b.seen}
        self.assertEqual(answer.headers.get_all("X-Request-Id"), ["mine-1"])
        self.assertEqual(set(sent), {"mine-1", *made})
        self.assertTrue(all(len(each) >= 32 for each in made), made)
        self.assertNotEqual(*made)
        headers = sent["mine-1"]
        self.assertEqual(headers.get_all("X-Forwarded-For"), ["127.0.0.5"])
        self.assertEqual(headers.get_all("X-Forwarded-Proto"), ["https"])
        self.assertIsNone(headers["Forwarded"])
        self.assertEqual(headers["Host"], f"127.0.0.1:{self.edge_port}")

    def test_rate_limits_see_the_client(self):
        self.real_nodes("--requests-per-address", "10")

        def hammer():
            with contextlib.closing(self.client("127.0.0.2")) as client:
                return any(client.get("Patient?_summary=count", X_Forwarded_For=f"9.9.9.{number}").status == 429
                           for number in range(500))

        self.assertTrue(hammer(), "the client's own field is not believed")
        self.assertEqual(self.ask("Patient?_summary=count", source="127.0.0.3").status, 200)

    def test_metrics_are_not_public(self):
        self.real_nodes()
        for path in ("/metrics", "/metrics?x", "//metrics", "/./metrics", "/%6detrics", "/x/../metrics", "/metrics/"):
            for method in ("GET", "POST"):
                answer = self.ask(path, method)
                self.assertGreaterEqual(answer.status, 400, path)
                self.assertNotIn(b"vesta_", answer.body)
        self.assertEqual(self.ask("/metrics").status, 404)

    def test_bodies_have_the_limit_of_a_node(self):
        nodes = self.fake_nodes(a=lambda handler: handler.reply(201, str(len(handler.body))), b=None)
        nodes[1].ready = False
        with contextlib.closing(self.client()) as client:
            connection = client.connection
            connection.putrequest("POST", "/fhir/Binary")
            connection.putheader("Content-Length", str(64 * 1024 * 1024 + 1))
            connection.endheaders()
            self.assertEqual(connection.getresponse().status, 413)
        self.assertEqual(nodes[0].count("POST") + nodes[1].count("POST"), 0)
        wait_until(lambda: self.ask("/fhir/Binary", "POST", body="x" * 3_000_000).status == 201, "a large body")
        wait_until(lambda: self.ask("/fhir/Binary", "POST", body="x" * 3_000_000, Idempotency_Key="k").status == 201,
                   "one that no buffer holds, with a key")
        large_head = self.ask("/fhir/x", a="y" * 15_000, b="y" * 12_000)
        self.assertIn(large_head.status, (200, 201), "a node takes it")

    # Failing nodes

    def test_reads_and_writes_with_a_key_are_sent_again_and_others_are_not(self):
        def dies(handler):
            return handler.reply(200, "") if handler.command == "OPTIONS" else False

        a, b = self.fake_nodes(a=dies, b=dies)
        for method in ("POST", "PATCH", "PUT", "DELETE"):
            self.everyone_is_back(a, b)
            before = a.count(method) + b.count(method)
            with contextlib.suppress(http.client.HTTPException, OSError):
                self.assertGreaterEqual(self.ask("/fhir/Patient/1", method).status, 500)
            self.assertEqual(a.count(method) + b.count(method) - before, 1, method)
        b.answer = lambda handler: handler.reply(200, "b")
        for method, body, fields in (("GET", None, {}), *((each, b"{}", {"Idempotency_Key": '"k"'})
                                                          for each in ("POST", "PATCH", "PUT", "DELETE"))):
            self.everyone_is_back(a, b)
            before = a.count(method)

            def met_its_death(method=method, body=body, fields=fields, before=before):
                self.assertEqual(self.ask("/fhir/Patient/1", method, body=body, **fields).body, b"b", method)
                return a.count(method) > before
            wait_until(met_its_death, f"a {method} came to the node that dies")

    def everyone_is_back(self, *nodes):
        """Nodes that failed are used again."""
        for node in nodes:
            def reached(node=node):
                before = len(node.seen)
                self.ask("/fhir/probe", "OPTIONS")
                return len(node.seen) > before
            wait_until(reached, f"{node.name} is used")

    def test_a_read_survives_the_death_of_its_node(self):
        nodes = self.real_nodes()
        victim = nodes[0]
        victim.process.send_signal(signal.SIGSTOP)
        answers = []
        readers = [threading.Thread(target=lambda: answers.append(self.ask("Patient?_summary=count").status))
                   for _ in range(4)]
        for reader in readers:
            reader.start()
        wait_until(lambda: answers, "the other node answers")
        victim.kill()
        for reader in readers:
            reader.join(edge.WAIT_SECONDS)
        self.assertEqual(answers, [200] * 4)
        for number in range(20):  # writes find the node that is there
            self.assertEqual(self.ask("Observation", "POST", body=observation(number)).status, 201)
            self.assertEqual(self.ask(f"Observation/n{number}", "PUT",
                                      body={**observation(number), "id": f"n{number}"}).status, 201)
        victim.start()
        wait_until(lambda: self.serves(victim), "it is used again")

    def test_writes_find_the_node_that_is_there(self):
        nodes = self.real_nodes()
        nodes[0].kill()
        for number in range(12):
            resource = {**observation(number), "id": f"n{number}"}
            self.assertEqual(self.ask(f"Observation/n{number}", "PUT", body=resource).status, 201)

    # Draining

    def test_a_node_that_says_no_ends_what_it_has_and_gets_no_more(self):
        held, release = threading.Event(), threading.Event()

        def slow(handler):
            if handler.path == "/fhir/slow":
                held.set()
                release.wait(edge.WAIT_SECONDS)
            handler.reply(200, "a")

        a, b = self.fake_nodes(a=slow, b=None)
        b.ready = False
        wait_until(lambda: self.all_answer("a"), "b is out")
        bodies = []
        reader = threading.Thread(target=lambda: bodies.append(self.ask("/fhir/slow").body))
        reader.start()
        self.assertTrue(held.wait(edge.WAIT_SECONDS))
        a.ready, b.ready = False, True
        # While it has a request, the balance leaves it out though it counts as ready: HAProxy wants to hear "no" twice.
        wait_until(lambda: a.refusals >= 2 and self.all_answer("b"), "a is out")
        before = len(a.seen)
        for _ in range(20):
            self.assertEqual(self.ask("/fhir/x").body, b"b")
        self.assertEqual(len(a.seen), before)
        release.set()
        reader.join(edge.WAIT_SECONDS)
        self.assertEqual(bodies, [b"a"])
        a.ready = True
        wait_until(lambda: self.all_answer("b") is False, "a is back")

    def all_answer(self, name):
        return all(self.ask("/fhir/x").body == name.encode() for _ in range(6))

    def test_a_node_restarts_under_load_and_no_request_fails(self):
        nodes = self.real_nodes("--drain-ms", "4000")
        load = edge.Load(self, keeps_alive=self.keeps_alive)
        try:
            load.goes_on()
            self.assertEqual(nodes[0].stop(), 0)
            load.goes_on()
            nodes[0].start()
            before = nodes[0].requests()
            wait_until(lambda: nodes[0].requests() > before, "it is used again")
            load.goes_on()
        finally:
            load.stop()
        self.assertEqual(load.failures, [])

    def test_a_reload_loses_no_request(self):
        held, release = threading.Event(), threading.Event()

        def slow(handler):
            if handler.path == "/fhir/slow":
                held.set()
                release.wait(edge.WAIT_SECONDS)
            handler.reply(201 if handler.command == "POST" else 200, "a")

        self.fake_nodes(a=slow, b=slow)
        bodies = []
        reader = threading.Thread(target=lambda: bodies.append(self.ask("/fhir/slow").body))
        reader.start()
        self.assertTrue(held.wait(edge.WAIT_SECONDS))
        load = edge.Load(self, keeps_alive=False)
        try:
            for _ in range(3):
                load.goes_on(20)
                self.reload_until_new_process()
            load.goes_on()
        finally:
            load.stop()
        self.assertEqual(load.failures, [])
        release.set()
        reader.join(edge.WAIT_SECONDS)
        self.assertEqual(bodies, [b"a"])

    # Sockets

    def test_sockets_pass_and_stick(self):
        self.fake_nodes(a=None, b=None)
        names = {}
        for number in range(2, 13):  # an odd number: taking turns would be noticed
            source = f"127.0.0.{number}"
            names[source] = self.open_socket(source)[1]
        self.assertEqual(set(names.values()), {"a", "b"}, "sockets are spread")
        for source, name in names.items():
            self.assertEqual(self.open_socket(source)[1], name, "a client comes back to its node")

    # Compression

    def test_answers_are_compressed_once_and_secrets_never(self):
        self.real_nodes(count=1)
        ids = [json.loads(self.ask("Patient", "POST", body=PATIENT).body)["id"] for _ in range(2)]
        for path in ("metadata", "Patient", "Patient/" + ids[0]):
            answer = self.ask(path, Accept_Encoding="gzip")
            self.assertEqual(answer.headers.get_all("Content-Encoding"), ["gzip"], path)
            self.assertIn(b'"resourceType"', gzip.decompress(answer.body))
            self.assertIn("Accept-Encoding", answer.headers["Vary"])
            plain = self.ask(path)
            self.assertIsNone(plain.headers["Content-Encoding"])
            self.assertIn(b'"resourceType"', plain.body)

    def test_sign_in_is_never_compressed(self):
        def tempt(handler):
            handler.reply(200, handler.headers.get("Accept-Encoding", "none") + " " * 4000,
                          Content_Type="text/html", Cache_Control="no-store")

        self.fake_nodes(a=tempt, b=tempt)
        answer = self.ask("/auth/authorize", Accept_Encoding="gzip")
        self.assertIsNone(answer.headers["Content-Encoding"])
        self.assertEqual(answer.body.strip(), b"none")
        self.assertEqual(self.ask("/fhir/x", Accept_Encoding="gzip").body.strip(), b"gzip")

    # The cache

    def test_public_documents_come_from_the_cache_by_their_tag(self):
        (node,) = self.real_nodes(count=1)
        first = self.ask("metadata", X_Request_Id="first")
        tag = first.headers["ETag"]
        self.assertTrue(tag)
        for _ in range(2):
            varies = {each.strip() for each in ", ".join(self.ask("metadata").headers.get_all("Vary")).split(",")}
            self.assertEqual(varies, {"Accept", "Accept-Encoding", "Origin"})
        before = node.requests()
        for number in range(5):
            again = self.ask("metadata", X_Request_Id=f"again-{number}")
            self.assertEqual((again.status, again.headers["ETag"], again.body), (200, tag, first.body))
            self.assertEqual(again.headers.get_all("X-Request-Id"), [f"again-{number}"])
            known = self.ask("metadata", If_None_Match=tag)
            self.assertEqual((known.status, known.body), (304, b""))
            self.assertEqual(self.ask("metadata", If_None_Match='"other"').status, 200)
        self.assertEqual(node.requests(), before, "the node was not asked")
        for _ in range(2):  # other forms are other answers
            xml = self.ask("metadata", Accept="application/fhir+xml")
            self.assertTrue(xml.headers["Content-Type"].startswith("application/fhir+xml"))
            self.assertTrue(self.ask("metadata?_format=xml").headers["Content-Type"].startswith("application/fhir+xml"))
            self.assertIn("Accept", [each.strip() for each in xml.headers["Vary"].split(",")])
            packed = self.ask("metadata", Accept_Encoding="gzip")
            self.assertEqual(gzip.decompress(packed.body), first.body)
            self.assertEqual(self.ask("metadata").body, first.body)
            page = self.ask("metadata", Origin="https://app.example")
            self.assertEqual(page.headers["Access-Control-Allow-Origin"], "*")

    def test_no_answer_goes_to_another_user(self):
        def personal(handler):
            who = handler.headers.get("Authorization") or handler.headers.get("Cookie") or "nobody"
            handler.reply(200, who + " " + handler.path, Cache_Control=handler.headers["X-Policy"], ETag='"same"')

        self.fake_nodes(a=personal, b=personal)
        paths = ["/fhir/metadata", "/fhir/Patient/1", "/auth/jwks", "/fhir/Patient?_count=1", "/auth/userinfo",
                 "/.well-known/openid-configuration", "/fhir/.well-known/smart-configuration"]
        askers = [{}, *({field: user} for field in ("Authorization", "Cookie") for user in ("one", "two"))]
        with contextlib.closing(self.client()) as client:
            for policy in ("public, max-age=60", "max-age=60", "public", "s-maxage=60"):
                for number, path in enumerate(paths):
                    path += ("&" if "?" in path else "?") + policy.split("=")[0].replace(", ", "+")
                    # Whoever asks first is not whom the others are answered as.
                    for asker in askers[number % 5:] + askers:
                        answer = client.get(path, X_Policy=policy, **asker)
                        who = next(iter(asker.values()), "nobody")
                        self.assertTrue(answer.body.startswith(who.encode()), (path, policy, asker, answer.body))

    def test_tokens_decide_behind_the_edge_too(self):
        nodes = []
        data = self.folder / "data0"
        for name, scope in (("all", "system/*.cruds"), ("some", "system/Observation.rs")):
            made = self.vesta("client", "add", name, "--id", name, "--policy", "backend", "--scope", scope,
                              "--data", data).stdout.decode()
            nodes.append(dict(line.split(None, 1) for line in made.splitlines())["client_secret"])
        node = self.stored_node(data)
        tokens = {name: "Bearer " + self.backend_token(node, name, secret, scope)
                  for name, secret, scope in zip(("all", "some"), nodes, ("system/*.cruds", "system/Observation.rs"))}
        made = self.ask("Patient", "POST", body=PATIENT, Authorization=tokens["all"])
        self.assertEqual(made.status, 201, made.body)
        path = "Patient/" + made.json()["id"]
        for _ in range(3):
            self.assertEqual(self.ask(path, Authorization=tokens["all"]).status, 200)
            self.assertIn(self.ask(path, Authorization=tokens["some"]).status, (403, 404))
            self.assertEqual(self.ask(path).status, 401)
            for token in ({}, {"Authorization": tokens["all"]}):
                self.assertEqual(self.ask("metadata", **token).status, 200)

    def stored_node(self, data):
        node = edge.Node(data, edge.free_port(), ["--trusted-proxy", "127.0.0.1", "--base-url",
                                                  f"https://localhost:{self.edge_port}/fhir"], True)
        self.addCleanup(node.__exit__)
        node.start()
        self.start_edge([node.port])
        wait_until(lambda: self.ask("metadata").status == 200, "the edge serves")
        return node
