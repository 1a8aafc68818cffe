"""What the tests of HAProxy and nginx share: nodes, nodes that misbehave on demand, sockets, load."""

import base64
import contextlib
import hashlib
import http.client
import http.server
import os
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
import typing

from harness import ROOT, Client, FunctionalTest, Server, die_with_test, free_port, observation

WAIT_SECONDS = 60
SOCKET_MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # https://www.rfc-editor.org/rfc/rfc6455#section-1.3


def wait_until(condition, what, seconds=WAIT_SECONDS):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.02)
    return found


class Node(Server):
    """A real node on a port that it keeps over restarts."""

    def __init__(self, data, port, flags=(), has_access_control=False):
        super().__init__(data, flags, has_access_control=has_access_control)
        self.kept_port = port

    def start(self, wait=True):
        return super().start(wait, self.kept_port)

    def requests(self):
        """How many FHIR requests it has answered."""
        with contextlib.closing(self.client()) as client:
            lines = client.get("/metrics").body.decode().splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith("vesta_requests_total"))


class Seen(typing.NamedTuple):
    """A request as a fake node got it."""

    method: str
    path: str
    headers: http.client.HTTPMessage


class FakeNode:
    """Records what it is sent. `answer(handler)` says what comes back; None of it: the connection ends without."""

    def __init__(self, name, answer=None):
        self.name = name
        self.ready = True
        self.refusals = 0  # answers that it is not
        self.seen = []
        self.answer = answer or (lambda handler: handler.reply(200, self.name))
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def reply(self, status, body, **headers):
                body = body.encode()
                self.send_response(status)
                for key, value in headers.items():
                    self.send_header(key.replace("_", "-"), value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def handle_any(self):
                if self.path == "/readyz":
                    fake.refusals += not fake.ready
                    return self.reply(200 if fake.ready else 503, "")
                self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                fake.seen.append(Seen(self.command, self.path, self.headers))
                if self.headers.get("Upgrade") == "websocket":
                    return fake.talk(self)
                if fake.answer(self) is False:
                    self.close_connection = True

            do_GET = do_HEAD = do_OPTIONS = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # proxies cut connections
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def talk(self, handler):
        """A websocket's handshake; then bytes come back, after the name."""
        key = handler.headers["Sec-WebSocket-Key"] + SOCKET_MAGIC
        handler.send_response(101)
        handler.send_header("Upgrade", "websocket")
        handler.send_header("Connection", "Upgrade")
        handler.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
        handler.end_headers()
        handler.wfile.write(self.name.encode())
        while sent := handler.connection.recv(100):
            handler.connection.sendall(sent)
        handler.close_connection = True

    def count(self, method):
        return sum(seen.method == method for seen in self.seen)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Load:
    """Threads that read and write through the edge until stop(); what failed, and how much there was."""

    def __init__(self, edge, threads=3, keeps_alive=True):
        self.edge, self.keeps_alive = edge, keeps_alive
        self.failures, self.done = [], 0
        self.ended = threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.run, args=(number,)) for number in range(threads)]
        for thread in self.threads:
            thread.start()

    def run(self, number):
        client = self.edge.client()
        while not self.ended.is_set():
            for ask, status in ((lambda: client.post("Observation", observation(number)), 201),
                                (lambda: client.get("Patient?_summary=count"), 200)):
                try:
                    got = ask().status
                except (OSError, http.client.HTTPException) as error:
                    got = repr(error)
                with self.lock:
                    self.done += 1
                    if got != status:
                        self.failures.append(got)
                if not self.keeps_alive or got != status:
                    client.close()
        client.close()

    def goes_on(self, count=40):
        """Waits for so many more requests."""
        goal = self.done + count
        wait_until(lambda: self.done >= goal, "load")

    def stop(self):
        self.ended.set()
        for thread in self.threads:
            thread.join(WAIT_SECONDS)


class EdgeTest(FunctionalTest):
    """A subclass says how its proxy starts (`start_edge(ports)`), and reloads (`reload()`)."""

    program = None

    def setUp(self):
        if not shutil.which(self.program):
            self.skipTest(f"no {self.program}: ./dev setup")
        super().setUp()
        self.edge_port = free_port()
        self.edge_process = None
        self.certificate, self.key = self.folder / "certificate.pem", self.folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                        "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                        "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", self.key, "-out", self.certificate],
                       check=True, capture_output=True, timeout=60)
        self.tls = ssl.create_default_context(cafile=str(self.certificate))
        self.addCleanup(self.stop_edge)

    # The edge

    def run_edge(self, command, environment=None):
        """Starts the proxy, not as root where that can be chosen, and waits for its port."""
        is_root = os.getuid() == 0 and all(each.stat().st_mode & 1 for each in self.folder.parents)
        self.edge_user = {"user": "nobody", "group": "nogroup", "extra_groups": []} if is_root else {}
        if self.edge_user:
            for path in [self.folder, *self.folder.rglob("*")]:
                if "data" not in path.parts[len(self.folder.parts):]:
                    shutil.chown(path, "nobody", "nogroup")
        inherited = {name: value for name, value in os.environ.items() if name != "INVOCATION_ID"}
        with open(self.folder / "edge.log", "ab") as log:
            self.edge_process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                                 env={**inherited, **(environment or {})}, cwd=self.folder,
                                                 preexec_fn=lambda: die_with_test(signal.SIGTERM), **self.edge_user)
        wait_until(self.edge_listens, "the edge listens")

    def edge_listens(self):
        if self.edge_process.poll() is not None:
            self.fail(f"{self.program} ended:\n{self.edge_log()}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.edge_port), 5):
            return True
        return False

    def edge_log(self):
        return (self.folder / "edge.log").read_text(errors="replace")[-4000:]

    def stop_edge(self):
        if self.edge_process is not None:
            self.edge_process.send_signal(signal.SIGTERM)
            self.edge_process.wait(WAIT_SECONDS)

    def client(self, source=None):
        client = Client(self.edge_port, 30, self.tls)
        if source:
            client.connection.source_address = (source, 0)
        return client

    def ask(self, path, method="GET", source=None, body=None, **headers):
        """One request on a connection of its own."""
        with contextlib.closing(self.client(source)) as client:
            return client.request(method, path, body, {k.replace("_", "-"): v for k, v in headers.items()})

    def curl(self, path, *arguments):
        """What curl, which speaks HTTP/2, says in `--write-out`, after the body."""
        result = subprocess.run(["curl", "-sS", "--max-time", "20", "--cacert", self.certificate, *arguments,
                                 f"https://localhost:{self.edge_port}{path}"], capture_output=True, timeout=30)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout.decode()

    def edge_rejects(self, *arguments):
        """What curl says where no connection comes about."""
        result = subprocess.run(["curl", "-sS", "--max-time", "20", "--cacert", self.certificate, *arguments,
                                 f"https://localhost:{self.edge_port}/"], capture_output=True, timeout=30)
        self.assertNotEqual(result.returncode, 0)
        return result.stderr.decode()

    def workers(self):
        """The processes that serve now: the children of the one that was started."""
        children = f"/proc/{self.edge_process.pid}/task/{self.edge_process.pid}/children"
        with open(children) as file:
            return set(file.read().split())

    def reload_until_new_process(self):
        """Asks again where it was not heard: HAProxy that still starts, or reloads, may ignore it."""
        before = self.workers()
        for _ in range(WAIT_SECONDS // 5):
            self.reload()
            with contextlib.suppress(AssertionError):
                wait_until(lambda: self.workers() - before, "a new process", 5)
                return
        self.fail(f"no new process:\n{self.edge_log()}")

    # Nodes

    def real_nodes(self, *flags, count=2, has_access_control=False):
        base = f"https://localhost:{self.edge_port}/fhir"
        nodes = []
        for number in range(count):
            node = Node(self.folder / f"data{number}", free_port(),
                        ["--store", "memory", "--trusted-proxy", "127.0.0.1", "--base-url", base, *flags],
                        has_access_control)
            self.addCleanup(node.__exit__)
            nodes.append(node)
        for node in nodes:
            node.start(wait=False)
        for node in nodes:
            node.wait_until_ready()
        self.start_edge([node.port for node in nodes])
        wait_until(lambda: all(self.serves(node) for node in nodes), "all nodes are used")
        return nodes

    def serves(self, node):
        before = node.requests()
        for _ in range(4):
            self.ask("Patient?_summary=count")
        return node.requests() > before

    def fake_nodes(self, **answers):
        nodes = [FakeNode(name, answer) for name, answer in answers.items()]
        for node in nodes:
            self.addCleanup(node.stop)
        self.start_edge([node.port for node in nodes])
        wait_until(lambda: all(node.seen or not self.ask("/") for node in nodes), "all nodes are used")
        for node in nodes:
            node.seen.clear()
        return nodes

    def open_socket(self, source=None, cookie=None):
        """(connection, name of the node, cookie) of a websocket through the edge."""
        raw = socket.create_connection(("127.0.0.1", self.edge_port), 10, (source, 0) if source else None)
        connection = self.tls.wrap_socket(raw, server_hostname="localhost")
        self.addCleanup(connection.close)
        connection.sendall(("GET /socket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                            + (f"Cookie: {cookie}\r\n" if cookie else "") + "\r\n").encode())
        text = b""
        while b"\r\n\r\n" not in text or text.endswith(b"\r\n\r\n"):
            text += connection.recv(4096)
        head, name = text.split(b"\r\n\r\n", 1)
        self.assertTrue(head.startswith(b"HTTP/1.1 101"), head)
        self.assertIn(b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", head)
        connection.sendall(b"ping")
        self.assertEqual(connection.recv(100), b"ping")
        fields = [line.split(": ", 1) for line in head.decode().split("\r\n")[1:]]
        given = [value.split(";")[0] for field, value in fields if field.lower() == "set-cookie"]
        return connection, name.decode(), given[0] if given else None


class HaproxyEdge(EdgeTest):
    """HAProxy with the configuration of deploy/haproxy."""

    program = "haproxy"

    def start_edge(self, ports):
        ports = ports * 2 if len(ports) == 1 else ports
        self.plain_port, self.metrics_port = free_port(), free_port()
        pem = self.folder / "both.pem"
        pem.write_bytes(self.certificate.read_bytes() + self.key.read_bytes())
        self.run_edge(["haproxy", "-W", "-f", str(ROOT / "deploy/haproxy/haproxy.cfg")], {
            "VESTA_NODE_1": f"127.0.0.1:{ports[0]}", "VESTA_NODE_2": f"127.0.0.1:{ports[1]}",
            "VESTA_EDGE_HTTPS": f"127.0.0.1:{self.edge_port}", "VESTA_EDGE_HTTP": f"127.0.0.1:{self.plain_port}",
            "VESTA_EDGE_METRICS": f"127.0.0.1:{self.metrics_port}", "VESTA_EDGE_CERTIFICATE": str(pem),
            "VESTA_EDGE_SOCKET": "unix@s"})  # a long path would not fit

    def reload(self):
        self.edge_process.send_signal(signal.SIGUSR2)  # the master starts a new process with -sf of the one before
