"""Members that are told no address of each other: by the addresses of a name, as a headless Service has, and by the
Endpoints of a Kubernetes API. On test hosts, since a Service's members all listen on one port.

As a program: test_cluster_discovery.py --api HOST PORT FILE CERTIFICATE KEY serves what the JSON file says (started by the test only).
"""

import http.server
import json
import os
import shutil
import ssl
import sys
import unittest
from pathlib import Path

import hosts
from harness import Process, Scratch, wait_for
from hosts import DATA_PORT, GRID_PORT, Lab, Member
from test_cluster_tls import Authority

TOKEN = "token-of-this-test"
SERVICE = "/api/v1/namespaces/ml/endpoints/gridset"
API_PORT = 6443
NOTE = """
apiVersion: data.fluid.io/v1alpha1
kind: Dataset
metadata: {name: note}
spec: {mounts: [{mountPoint: "local:///nowhere", name: note}]}
"""


def serve_api(host, port, file, certificate, key):
    """As much of a Kubernetes API as tells the Endpoints of one Service to who has the token; each request is a line on
    standard output."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            allowed = self.headers.get("Authorization") == f"Bearer {TOKEN}"
            status = 401 if not allowed else 200 if self.path == SERVICE else 404
            body = Path(file).read_bytes() if status == 200 else b'{"kind": "Status", "status": "Failure"}'
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            print(status, self.client_address[0], self.path, flush=True)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer((host, int(port)), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


class Discovery(unittest.TestCase):
    def setUp(self):
        if reason := hosts.unavailable():
            self.skipTest(reason)
        hosts.exit_on_signals()
        self.lab = Lab()
        self.addCleanup(self.lab.close)
        self.scratch = Scratch()
        self.addCleanup(self.scratch.close)
        self.hosts = [self.lab.host("m1"), self.lab.host("m2")]
        self.addresses = [each.address for each in self.hosts]
        self.token = self.scratch.disk / "token"
        self.token.write_text(os.urandom(32).hex() + "\n")

    def join(self, how, env):
        nodes = []
        for host in self.hosts:
            node = Member(self.scratch, host, "--join", how, "--grid-listen", f"{host.address}:{GRID_PORT}",
                          "--data-listen", f"{host.address}:{DATA_PORT}", "--node-name", host.name,
                          "--cluster-token-file", str(self.token), env=env)
            self.addCleanup(node.kill)
            nodes.append(node)
        for node in nodes:
            node.await_answer(120)
        try:
            for node in nodes:
                wait_for(f"{node.name} to see both", lambda: self.seen(node) == ["m1", "m2"], 120)
        except AssertionError as failure:
            raise AssertionError(f"{failure}\n" + "\n".join(each.tail() for each in nodes)) from None
        nodes[0]("apply", "-f", "-", stdin=NOTE)
        wait_for("the manifest to reach the other", lambda: [
            each["metadata"]["name"] for each in nodes[1].api("/v1/resources/datasets")] == ["note"], 60)

    @staticmethod
    def seen(node):
        return sorted(each["name"] for each in node.nodes() if each["state"] == "ACTIVE")

    def test_members_find_each_other_by_the_addresses_of_a_name(self):
        names = self.scratch.disk / "hosts"  # the JDK's own resolver reads it in place of the machine's
        names.write_text("127.0.0.1 localhost\n" + "".join(f"{each} grid.gridset.test\n" for each in self.addresses))
        self.join("dns:grid.gridset.test", {"JAVA_TOOL_OPTIONS": f"-Djdk.net.hosts.file={names}"})

    @unittest.skipIf(shutil.which("openssl") is None, "certificates are made by openssl (apt install openssl)")
    def test_members_find_each_other_by_the_endpoints_of_a_kubernetes_service(self):
        endpoints = self.scratch.disk / "endpoints.json"
        endpoints.write_text(json.dumps({
            "kind": "Endpoints", "apiVersion": "v1", "metadata": {"name": "gridset", "namespace": "ml"},
            "subsets": [{"addresses": [{"ip": each} for each in self.addresses],
                         "ports": [{"name": "grid", "port": GRID_PORT}]}]}))
        host = self.lab.host("api")
        log = self.scratch.disk / "api.log"
        authority = Authority(self.scratch.disk / "authority")
        names = self.scratch.disk / "names"
        names.write_text(f"subjectAltName = IP:{host.address}\n")
        signed, key = authority.sign("api", "-extfile", names)
        api = Process([*host.enter, sys.executable, __file__, "--api", host.address, str(API_PORT), str(endpoints),
                       str(signed), str(key)], log)
        self.addCleanup(api.kill)
        wait_for("the API server", lambda: self.answers(host))
        self.join("k8s:ml/gridset", {
            "HAZELCAST_KUBERNETES_KUBERNETES_MASTER": f"https://{host.address}:{API_PORT}",
            "HAZELCAST_KUBERNETES_API_TOKEN": TOKEN,
            "HAZELCAST_KUBERNETES_CA_CERTIFICATE": authority.certificate.read_text()})
        asked = {line.split()[1] for line in log.read_text().splitlines() if line.startswith("200 ")}
        self.assertEqual(set(self.addresses), asked, "each member asked the API server")

    @staticmethod
    def answers(host):
        try:
            host.connect((host.address, API_PORT)).close()
            return True
        except OSError:
            return False


if __name__ == "__main__":
    if sys.argv[1:2] == ["--api"]:
        serve_api(*sys.argv[2:])
    else:
        unittest.main(verbosity=2)
