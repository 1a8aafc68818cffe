"""What the tests of a fleet share: nodes over one PostgreSQL, cables that can be cut, clients that note a history."""

import collections
import contextlib
import ctypes
import functools
import http.client
import itertools
import json
import os
import random
import socket
import subprocess
import threading
import time
import urllib.parse

import history
from edge import Node, wait_until
from harness import Client, FunctionalTest, die_with_test, free_port, observation
from history import DELETED, OK, REFUSED, UNKNOWN, Piece, Read, Seen, Write, content_of
from postgres import Postgres

PATIENCE_SECONDS = 30  # longer than a node may take: whoever waits longer has found a defect
DATABASE = "vesta"
SHARED = [f"Observation/shared-{number}" for number in range(4)]
GROUPS = [[f"Observation/group-{group}-{number}" for number in range(3)] for group in range(2)]
EXPECTED_STATUSES = (200, 201, 204, 404, 409, 410, 412, 503)


class Cable:
    """TCP to `port` of this machine by way of its own; once cut, nothing comes through, and nobody is told. What it
    carries is late by `lag_seconds`."""

    def __init__(self, port):
        self.target = port
        self.lag_seconds = 0
        self.is_whole = threading.Event()
        self.is_whole.set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                threading.Thread(target=self.join, args=(near,), daemon=True).start()

    def join(self, near):
        try:
            self.is_whole.wait()
            far = socket.create_connection(("127.0.0.1", self.target))
        except OSError:
            return near.close()
        with near, far:
            back = threading.Thread(target=self.carry, args=(far, near), daemon=True)
            back.start()
            self.carry(near, far)
            back.join()

    def carry(self, source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                self.is_whole.wait()
                time.sleep(self.lag_seconds)
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def cut(self):
        self.is_whole.clear()

    def mend(self):
        self.is_whole.set()

    def close(self):
        self.mend()
        self.listener.close()


def version_of(answer):
    tag = answer.headers["ETag"]
    return int(tag.removeprefix('W/"').removesuffix('"')) if tag else None


def resource_of(mark):
    resource = observation(0)
    resource["identifier"][0]["value"] = mark
    return resource


class Session(threading.Thread):
    """A client that goes through all nodes, one after the other or as chance has it, and notes what it is told."""

    def __init__(self, load, name, chance):
        super().__init__(daemon=True)
        self.load, self.label, self.chance = load, name, chance
        self.writes, self.reads, self.wrong = [], [], []
        self.done = collections.Counter()  # writes that were acknowledged, by node
        self.refused = collections.Counter()  # those that were answered with 503
        self.lost = collections.Counter()  # requests whose connection was lost, by node
        self.connections = {}
        self.numbers = itertools.count()

    def run(self):
        steps = self.steps()
        while not self.load.ended.is_set():
            try:
                self.chance.choice(steps)()
            except Exception as error:  # what nobody has thought of is wrong, and not to be lost with the thread
                self.wrong.append(f"{self.label}: {error!r}")
        for connection in self.connections.values():
            connection.close()

    def ask(self, method, path, body=None, **headers):
        """The answer; None: the connection was lost. What is neither right nor a clear 503 is noted as wrong."""
        node = self.chance.choice(self.load.nodes)
        if node not in self.connections:
            self.connections[node] = node.client(self.load.patience.get(node, PATIENCE_SECONDS))
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            answer = self.connections[node].request(method, path, body, {**self.load.headers, **headers})
        except (OSError, http.client.HTTPException) as error:
            self.connections.pop(node).close()
            self.lost[node] += 1
            if isinstance(error, TimeoutError) and node not in self.load.patience:
                self.wrong.append(f"{method} {path}: no answer")
            self.load.ended.wait(0.02)  # not to spin while a node is away
            return None
        if answer.status == 503:
            self.refused[node] += 1
            is_clear = answer.headers["Retry-After"] and b'"OperationOutcome"' in answer.body
        else:
            self.done[node] += answer.status < 300 and method != "GET"
            is_clear = answer.status in EXPECTED_STATUSES
        if not is_clear:
            self.wrong.append(f"{method} {path}: {answer.status} {dict(answer.headers)} {answer.body[:300]}")
        return answer

    def mark(self):
        return f"{self.label}-{next(self.numbers)}"


class Writer(Session):
    def steps(self):
        return [self.create, self.create_once, self.create_with_key, self.update, self.update, self.transact,
                self.transact, self.delete]

    def write(self, pieces, method, path, body=None, **headers):
        """(the answer, what is noted of it)"""
        write = Write(self.label, pieces, time.monotonic())
        answer = self.ask(method, path, body, **headers)
        write.ended = time.monotonic()
        self.writes.append(write)
        if answer is not None and answer.status in (409, 412):
            write.outcome = REFUSED
        return answer, write

    def write_one(self, piece, method, path, body=None, **headers):
        answer, write = self.write([piece], method, path, body, **headers)
        if answer is not None and answer.status < 300:
            write.outcome = OK
            piece.version = version_of(answer)
            if piece.path is None:
                piece.path = "Observation/" + answer.json()["id"]
        return write

    def create(self):
        resource = resource_of(self.mark())
        self.write_one(Piece(None, content_of(resource)), "POST", "Observation", resource)

    def create_once(self):
        """Several ask for the same: one has it made."""
        once = f"once-{len(self.writes) // 4}"
        resource = resource_of(self.mark())
        resource["identifier"].append({"system": "urn:example:once", "value": once})
        answer, write = self.write([Piece(None, content_of(resource), once=once)], "POST", "Observation", resource,
                                   If_None_Exist=f"identifier=urn:example:once|{once}")
        if answer is not None and answer.status == 200:
            write.outcome = REFUSED  # it was there
        elif answer is not None and answer.status == 201:
            write.outcome = OK
            write.pieces[0].path = "Observation/" + answer.json()["id"]
            write.pieces[0].version = 1

    def create_with_key(self):
        """Sent to any node until it is answered."""
        mark = self.mark()
        resource = resource_of(mark)
        piece = Piece(None, content_of(resource))
        write = Write(self.label, [piece], time.monotonic())
        while write.outcome != OK and not self.load.ended.is_set():
            answer = self.ask("POST", "Observation", resource, Idempotency_Key=f'"{mark}"')
            if answer is not None and answer.status == 201:
                write.outcome, piece.version = OK, version_of(answer)
                piece.path = "Observation/" + answer.json()["id"]
        write.ended = time.monotonic()
        self.writes.append(write)

    def update(self):
        """Upon what it has read before."""
        path = self.chance.choice(SHARED)
        seen = self.read(path)
        resource = {**resource_of(self.mark()), "id": path.split("/")[1]}
        if seen is not None and seen.version > 0:
            self.write_one(Piece(path, content_of(resource), expected=seen.version), "PUT", path, resource,
                           If_Match=f'W/"{seen.version}"')
        elif seen is not None:
            self.write_one(Piece(path, content_of(resource)), "PUT", path, resource)

    def transact(self):
        paths = self.chance.choice(GROUPS)
        mark = self.mark()
        resources = [{**resource_of(f"{mark}-{path}"), "id": path.split("/")[1]} for path in paths]
        bundle = {"resourceType": "Bundle", "type": "transaction",
                  "entry": [{"resource": resource, "request": {"method": "PUT", "url": path}}
                            for path, resource in zip(paths, resources, strict=True)]}
        pieces = [Piece(path, content_of(resource)) for path, resource in zip(paths, resources, strict=True)]
        answer, write = self.write(pieces, "POST", "", bundle)
        if answer is not None and answer.status == 200:
            write.outcome = OK
            for piece, entry in zip(pieces, answer.json()["entry"], strict=True):
                piece.version = int(entry["response"]["etag"].removeprefix('W/"').removesuffix('"'))

    def delete(self):
        mark = self.mark()
        path = f"Observation/{mark}"
        resource = {**resource_of(mark), "id": mark}
        made = self.write_one(Piece(path, content_of(resource)), "PUT", path, resource)
        if made.outcome == OK:
            self.write_one(Piece(path, DELETED, version=made.pieces[0].version + 1), "DELETE", path)
            self.writes[-1].pieces[0].version = made.pieces[0].version + 1
            self.read(path)

    def read(self, path):
        begun = time.monotonic()
        answer = self.ask("GET", path)
        if answer is None or answer.status == 503:
            return None
        seen = Seen(version_of(answer), content_of(json.loads(answer.body))) if answer.status == 200 else Seen(0)
        self.reads.append(Read(self.label, {path: seen}, begun))
        return seen


class Reader(Writer):
    """Reads one resource, or those of transactions together."""

    def steps(self):
        return [lambda: self.read(self.chance.choice(SHARED)), self.read_group]

    def read_group(self):
        paths = [path for group in GROUPS for path in group]
        begun = time.monotonic()
        answer = self.ask("GET", "Observation?_id=" + ",".join(path.split("/")[1] for path in paths))
        if answer is None or answer.status == 503:
            return
        seen = dict.fromkeys(paths, Seen(0))
        for entry in json.loads(answer.body).get("entry", []):
            resource = entry["resource"]
            seen["Observation/" + resource["id"]] = Seen(int(resource["meta"]["versionId"]), content_of(resource))
        self.reads.append(Read(self.label, seen, begun))


class Edge:
    """What a Load takes for a node: a program in front of nodes."""

    def __init__(self, port, tls):
        self.port, self.tls = port, tls

    def client(self, timeout):
        return Client(self.port, timeout, self.tls)


class Namespace:
    """A network of its own for what runs in it, with one link to this machine's, which can be cut: `outside` and
    `inside` are its ends. Skips the test where that may not be made."""

    NEW_NETWORK = 0x40000000  # CLONE_NEWNET of sched.h

    def __init__(self, test):
        self.keeper = subprocess.Popen(["unshare", "--net", "sleep", "infinity"], preexec_fn=die_with_test,
                                       stderr=subprocess.DEVNULL)
        test.addCleanup(self.close)
        own = os.stat("/proc/self/ns/net").st_ino
        wait_until(lambda: self.keeper.poll() is not None or os.stat(self.path).st_ino != own, "there is a namespace")
        self.link = f"vesta{self.keeper.pid}"
        block = self.keeper.pid % 16384 * 4  # of link-local addresses, four for each
        self.outside, self.inside = (f"169.254.{block // 256}.{block % 256 + number}" for number in (1, 2))
        enter = ["nsenter", "--net", f"--target={self.keeper.pid}"]
        for command in (["ip", "link", "add", self.link, "type", "veth", "peer", "name", "db", "netns",
                         str(self.keeper.pid)],
                        ["ip", "address", "add", self.outside + "/30", "dev", self.link],
                        ["ip", "link", "set", self.link, "up"],
                        [*enter, "ip", "address", "add", self.inside + "/30", "dev", "db"],
                        [*enter, "ip", "link", "set", "db", "up"], [*enter, "ip", "link", "set", "lo", "up"]):
            done = subprocess.run(command, capture_output=True)
            if done.returncode != 0:
                test.skipTest("no network namespaces here: " + done.stderr.decode().strip())

    @property
    def path(self):
        return f"/proc/{self.keeper.pid}/ns/net"

    def enter(self, path=None):
        """Of the thread that calls: what it makes from now on is there."""
        with open(path or self.path) as namespace:
            if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), self.NEW_NETWORK) != 0:
                raise OSError(ctypes.get_errno(), "setns")

    def connect(self, *arguments, **options):
        """As socket.create_connection, from inside."""
        with open("/proc/thread-self/ns/net") as own:
            self.enter()
            try:
                return socket.create_connection(*arguments, **options)
            finally:
                self.enter(f"/proc/self/fd/{own.fileno()}")

    def cut(self):
        subprocess.run(["ip", "link", "set", self.link, "down"], check=True)

    def mend(self):
        subprocess.run(["ip", "link", "set", self.link, "up"], check=True)

    def close(self):
        """The link goes with the namespace."""
        self.keeper.kill()
        self.keeper.wait()


class FarNode(Node):
    """In a namespace, with its clients."""

    def __init__(self, namespace, *arguments, **options):
        super().__init__(*arguments, **options)
        self.namespace, self.preexec = namespace, namespace.enter

    def client(self, timeout=60):
        client = super().client(timeout)
        client.connection._create_connection = self.namespace.connect
        return client


class Load:
    """Writers and readers on all nodes until stop()."""

    def __init__(self, nodes, headers, seed, writers=4, readers=2):
        self.nodes, self.headers = nodes, headers
        self.patience = {}  # of nodes that may be silent: seconds
        self.ended = threading.Event()
        chance = random.Random(seed)
        self.sessions = [kind(self, f"{kind.__name__.lower()}{number}", random.Random(chance.random()))
                         for kind, count in ((Writer, writers), (Reader, readers)) for number in range(count)]
        for session in self.sessions:
            session.start()

    def done(self, node):
        return sum(session.done[node] for session in self.sessions)

    def refused(self, node):
        return sum(session.refused[node] for session in self.sessions)

    def lost(self, node):
        return sum(session.lost[node] for session in self.sessions)

    def goes_on(self, *nodes, count=10):
        """So many more writes are acknowledged by each node."""
        self.reaches(self.done, nodes, count, "writes are acknowledged")

    def is_refused(self, *nodes, count=4):
        """So many more are answered with 503 by each node."""
        self.reaches(self.refused, nodes, count, "requests are refused")

    def reaches(self, figure, nodes, count, what):
        goals = {node: figure(node) + count for node in nodes or self.nodes}

        def is_reached():
            if wrong := self.all(lambda session: session.wrong):
                raise AssertionError(f"{len(wrong)}: " + "\n".join(wrong[:5]))
            return all(figure(node) >= goal for node, goal in goals.items())

        wait_until(is_reached, what)

    def stop(self):
        self.ended.set()
        for session in self.sessions:
            session.join(2 * PATIENCE_SECONDS)

    def all(self, of):
        return [each for session in self.sessions for each in of(session)]


class FleetTest(FunctionalTest):
    """Nodes with access control, so that there is an audit log. The first node's way to the database may be a cable, or
    the link of a namespace, in which the node is then."""

    SEED = 20260101
    request_timeout_ms = 3_000  # of the nodes

    def fleet(self, postgres=None, has_cable=False, url=None, base_port=None, flags=(), namespace=None):
        self.postgres = postgres or Postgres(self).start()
        if url is None:
            self.postgres.sql(f"CREATE DATABASE {DATABASE}")
            url = self.postgres.url(DATABASE)
        self.url = url
        self.vesta("migrate", "--store", url)
        made = self.vesta("client", "add", "Load", "--id", "load", "--policy", "backend", "--scope", "system/*.cruds",
                          "--store", url)
        secret = dict(line.split(None, 1) for line in made.stdout.decode().splitlines())["client_secret"]
        urls = [url, url]
        if has_cable:
            self.cable = Cable(self.postgres.port)
            self.addCleanup(self.cable.close)
            urls[0] = self.postgres.url(DATABASE, self.cable.port)
        if namespace is not None:
            urls[0] = self.postgres.url(DATABASE, host=namespace.outside)
        ports = [free_port() for _ in urls]
        base = f"https://localhost:{base_port}/fhir" if base_port else f"http://localhost:{ports[0]}/fhir"
        kinds = [Node if namespace is None else functools.partial(FarNode, namespace), Node]
        self.nodes = [kind(self.folder / f"data{number}", port,
                           ["--store", each, "--base-url", base, "--request-timeout-ms", str(self.request_timeout_ms),
                            *flags], has_access_control=True)
                      for number, (kind, each, port) in enumerate(zip(kinds, urls, ports, strict=True))]
        for node in self.nodes:
            self.addCleanup(node.__exit__)
            node.start(wait=False)
        for node in self.nodes:
            node.wait_until_ready()
        self.headers = {"Authorization": "Bearer " + self.backend_token(self.nodes[-1], "load", secret)}
        return self.nodes

    def load(self, nodes=None):
        load = Load(nodes or self.nodes, self.headers, self.SEED)
        self.addCleanup(load.stop)
        load.goes_on()
        return load

    def versions(self):
        """All of Observation, by the history of the type."""
        found = collections.defaultdict(list)
        with contextlib.closing(self.nodes[-1].client()) as client:
            path = "/fhir/Observation/_history?_count=500"
            while path:
                answer = client.request("GET", path, None, self.headers)
                self.assertEqual(answer.status, 200, answer.body[:500])
                page = json.loads(answer.body)
                for entry in page.get("entry", []):
                    url = entry["request"]["url"] if "resource" not in entry else ""
                    resource = entry.get("resource")
                    if resource is None:
                        version = int(entry["response"]["etag"].removeprefix('W/"').removesuffix('"'))
                        found["/".join(url.split("/")[-2:])].append((version, DELETED))
                    else:
                        found["Observation/" + resource["id"]].append(
                            (int(resource["meta"]["versionId"]), content_of(resource)))
                links = [urllib.parse.urlsplit(link["url"]) for link in page["link"] if link["relation"] == "next"]
                path = f"{links[0].path}?{links[0].query}" if links else None
        return history.Final(dict(found))

    def check(self, load, is_sound=True):
        """It goes on after the fault, and what it was told is so."""
        wait_until(lambda: all(self.is_ready(node) for node in self.nodes), "all nodes are ready")
        load.goes_on()
        load.stop()
        wrong = load.all(lambda session: session.wrong)
        self.assertFalse(wrong, f"{len(wrong)}: " + "\n".join(wrong[:5]))
        writes, reads = load.all(lambda session: session.writes), load.all(lambda session: session.reads)
        found = history.check(writes, reads, self.versions())
        self.assertFalse(found, f"{len(found)}: " + "\n".join(found[:10]))
        outcomes = collections.Counter(write.outcome for write in writes)
        print(f"{self.id().split('.')[-1]}: {dict(outcomes)}, {len(reads)} reads")
        self.assertGreater(outcomes[OK], 0)
        for node in self.nodes:
            self.assertEqual(node.stop(), 0)
        self.vesta("check", "--store", self.url)
        self.vesta("audit", "verify", "--store", self.url)
        return outcomes

    def is_ready(self, node):
        with contextlib.suppress(OSError, http.client.HTTPException):
            with contextlib.closing(node.client(PATIENCE_SECONDS)) as client:
                return client.get("/readyz").status == 200
        return False
