#!/usr/bin/env python3
"""A stand-in for a cluster's DNS (CoreDNS with its `kubernetes` plugin): python3 cluster_dns.py ADDRESS KUBECONFIG

Answers A queries over UDP for Services, headless ones by their EndpointSlices, and for the pods that these name, as the
specification "Kubernetes DNS-Based Service Discovery" says. Everything else does not exist.
"""

import json
import socket
import struct
import sys
import threading
import time
import urllib.request
import ssl

DOMAIN = "cluster.local"
TTL_SECONDS = 1
OK, NO_SUCH_NAME, NOT_IMPLEMENTED = 0, 3, 4
A, INTERNET = 1, 1


def records(services, slices):
    """Addresses by name. Of endpoints only those that are ready; the API server marks them all so where the Service says
    `publishNotReadyAddresses`."""
    found = {}
    headless = set()
    for service in services:
        name = f"{service['metadata']['name']}.{service['metadata']['namespace']}.svc.{DOMAIN}"
        if service["spec"].get("clusterIP") == "None":
            headless.add(name)
            found.setdefault(name, [])
        elif service["spec"].get("clusterIP"):
            found[name] = [service["spec"]["clusterIP"]]
    for each in slices:
        metadata = each["metadata"]
        name = f"{metadata.get('labels', {}).get('kubernetes.io/service-name')}.{metadata['namespace']}.svc.{DOMAIN}"
        if name not in headless or each.get("addressType") != "IPv4":
            continue
        for endpoint in each.get("endpoints") or []:
            if endpoint.get("conditions", {}).get("ready", True):
                found[name] += endpoint["addresses"]
                if "hostname" in endpoint:
                    found.setdefault(f"{endpoint['hostname']}.{name}", []).extend(endpoint["addresses"])
    return {name: addresses for name, addresses in found.items() if addresses}


def question(packet):
    """The name, the type and the bytes of a query's one question."""
    labels, place = [], 12
    while packet[place]:
        labels.append(packet[place + 1:place + 1 + packet[place]].decode("ascii", "replace"))
        place += 1 + packet[place]
    kind, _ = struct.unpack_from("!HH", packet, place + 1)
    return ".".join(labels).lower(), kind, packet[12:place + 5]


def answer(packet, known):
    name, kind, asked = question(packet)
    if packet[2] & 0x78:
        status, addresses = NOT_IMPLEMENTED, []
    elif name not in known:
        status, addresses = NO_SUCH_NAME, []
    else:
        status, addresses = OK, known[name] if kind == A else []
    flags = 0x8480 | (packet[2] & 1) << 8 | status  # A response, with authority, recursion "available".
    head = packet[:2] + struct.pack("!HHHHH", flags, 1, len(addresses), 0, 0)
    return head + asked + b"".join(
        struct.pack("!HHHIH", 0xC00C, A, INTERNET, TTL_SECONDS, 4) + socket.inet_aton(each) for each in addresses)


class Known:
    """What is asked of the API server several times a second."""

    def __init__(self, configuration):
        cluster = configuration["clusters"][0]["cluster"]
        self.server, self.names = cluster["server"], {}
        self.token = configuration["users"][0]["user"]["token"]
        self.context = ssl.create_default_context()
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE
        threading.Thread(target=self._follow, daemon=True).start()

    def _items(self, path):
        request = urllib.request.Request(self.server + path, headers={"Authorization": f"Bearer {self.token}"})
        with urllib.request.urlopen(request, timeout=10, context=self.context) as response:
            return json.load(response)["items"]

    def _follow(self):
        while True:
            try:
                self.names = records(self._items("/api/v1/services"), self._items("/apis/discovery.k8s.io/v1/endpointslices"))
            except OSError as failure:
                print(f"the API server does not answer: {failure}", flush=True)
            time.sleep(0.5)


def main(address, kubeconfig):
    with open(kubeconfig, encoding="utf-8") as file:
        known = Known(json.load(file))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((address, 53))
        while True:
            packet, client = server.recvfrom(2048)
            try:
                server.sendto(answer(packet, known.names), client)
            except (IndexError, struct.error):
                print(f"no query, from {client[0]}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
