#!/usr/bin/env python3
"""nginx in front of two nodes, with the configuration of deploy/nginx; its watch.sh takes nodes out and back in."""

import os
import re
import shutil
import signal
import subprocess
import unittest
import urllib.request

import edge_properties
from harness import ROOT, die_with_test, free_port

SHIPPED = ROOT / "deploy/nginx"


class NginxTest(edge_properties.EdgeProperties):
    program = "nginx"
    keeps_alive = False  # a reload closes idle connections: who sends at that very moment has to send again

    def start_edge(self, ports):
        """The shipped files, but for addresses and certificate."""
        self.plain_port, self.status_port = free_port(), free_port()
        self.configuration, self.run_folder = self.folder / "etc", self.folder / "run"
        shutil.copytree(SHIPPED, self.configuration)
        self.run_folder.mkdir()
        nodes = self.configuration / "nodes.conf"
        lines = nodes.read_text().splitlines()
        nodes.write_text("\n".join([lines[0], *(lines[1].replace("8081", str(port)) for port in ports)]) + "\n")
        listen = self.configuration / "listen.conf"
        text = re.sub(r".*\[::\].*\n", "", listen.read_text())
        text = text.replace("listen 80;", f"listen 127.0.0.1:{self.plain_port};").replace(
            "listen 443 ", f"listen 127.0.0.1:{self.edge_port} ").replace("8406", str(self.status_port))
        listen.write_text(text)
        shutil.copy(self.certificate, self.configuration / "certificate.pem")
        shutil.copy(self.key, self.configuration / "key.pem")
        command = ["nginx", "-p", str(self.run_folder), "-c", str(self.configuration / "nginx.conf"), "-e", "stderr"]
        self.run_edge(command)
        self.reload_command = [*command, "-s", "reload"]
        with open(self.folder / "watch.log", "ab") as log:
            self.watch = subprocess.Popen([self.configuration / "watch.sh", nodes, *self.reload_command],
                                          stdout=log, stderr=log, start_new_session=True, preexec_fn=die_with_test,
                                          **self.edge_user)
        self.addCleanup(self.stop_watch)

    def stop_watch(self):
        os.killpg(self.watch.pid, signal.SIGKILL)
        self.watch.wait()

    def reload(self):
        subprocess.run(self.reload_command, check=True, capture_output=True, timeout=30)

    def test_plain_http_is_sent_to_https(self):
        self.fake_nodes(a=None, b=None)
        result = subprocess.run(["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}",
                                 f"http://localhost:{self.plain_port}/fhir/x"], capture_output=True, timeout=30)
        self.assertEqual(result.stdout.decode(), "308 https://localhost/fhir/x")

    def test_its_own_numbers(self):
        self.fake_nodes(a=None, b=None)
        with urllib.request.urlopen(f"http://127.0.0.1:{self.status_port}/status", timeout=10) as answer:
            self.assertIn(b"Active connections", answer.read())


if __name__ == "__main__":
    unittest.main()
