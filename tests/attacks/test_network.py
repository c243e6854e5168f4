"""Nothing is reachable from a workspace, by any family: canaries on the host hear nothing of it.

The controls run the same probe in ordinary containers of this engine, under runc: they reach every canary.
"""

import json
import socket
import threading
from contextlib import ExitStack, suppress

import pytest

from tests.attacks.claims import By, Stops, attack
from tests.workspaces.conftest import until
from tests.workspaces.engine import docker

pytestmark = pytest.mark.both_runtimes
NETWORK = (
    'Line("HostConfig.NetworkMode", "none", "no interface but lo: no address, no DNS, no neighbour, no gateway"),'
)
PROFILE = "workspaces/confinement.py"
BRIDGE = Stops(PROFILE, NETWORK, 'Line("HostConfig.NetworkMode", "bridge", ""),')
HOST = Stops(PROFILE, NETWORK, 'Line("HostConfig.NetworkMode", "host", ""),')

PROBE = """
import errno, json, os, socket, struct
host, port, unix, abstract_name = {host!r}, {port}, {unix!r}, {abstract!r}
def said(call):
    try:
        return call() or "reached"
    except socket.gaierror as error:
        return "no name"
    except (socket.timeout, TimeoutError):
        return "silence"
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))
def tcp(address=host):
    socket.create_connection((address, port), 2).close()
def udp():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.settimeout(2)
        one.sendto(b"canary", (host, port))
        one.recv(10)
def six():
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as one:
        one.connect(("2001:db8::1", 9))
def name():
    socket.getaddrinfo("canary.example.org", 80)
def ping():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 1) as one:
        one.settimeout(2)
        one.sendto(struct.pack("!BBHHH", 8, 0, 0xf7fe, 1, 0), (host, 0))
        one.recv(100)
def local():
    with socket.socket(socket.AF_UNIX) as one:
        one.connect(unix)
def abstract():
    with socket.socket(socket.AF_UNIX) as one:
        one.connect(abstract_name)
def interfaces():
    return ",".join(line.split(":")[0].strip() for line in open("/proc/net/dev") if ":" in line)
probes = dict(tcp=tcp, udp=udp, six=six, name=name, ping=ping, unix=local, abstract=abstract,
              loopback=lambda: tcp("127.0.0.1"), metadata=lambda: tcp("169.254.169.254"), interfaces=interfaces)
print(json.dumps({{what: said(call) for what, call in probes.items()}}))
"""


@pytest.fixture
def canary(tmp_path, request):
    """A TCP, a UDP, a Unix and an abstract socket on the host that answer whoever comes; the probe for them."""
    host = docker("network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}").strip()
    host = host or "172.17.0.1"
    unix_path, abstract = str(tmp_path / "canary.sock"), f"\0enclave-{tmp_path.name[-40:]}"
    with ExitStack() as stack:
        tcp = stack.enter_context(socket.create_server((host, 0)))
        port = tcp.getsockname()[1]
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind((host, port))
        for address in (unix_path, abstract):
            listening = stack.enter_context(socket.socket(socket.AF_UNIX))
            listening.bind(address)
            listening.listen()

        def echo():
            with suppress(OSError):
                while True:
                    data, sender = udp.recvfrom(100)
                    udp.sendto(data, sender)

        threading.Thread(target=echo, daemon=True).start()
        yield PROBE.format(host=host, port=port, unix=unix_path, abstract=abstract)


def elsewhere(image: str, code: str, *options: str) -> dict[str, str]:
    """What an ordinary container finds."""
    return json.loads(docker("run", "--rm", *options, "--entrypoint", "python3", image, "-c", code))


@attack("network", by=By.WORKSPACE, stops=BRIDGE)
async def test_no_address_no_name_and_no_neighbour_is_reached(guard, image, canary, control):
    with control("an ordinary container reaches the canaries by TCP, UDP and ICMP"):
        found = elsewhere(image, canary)
        assert {found[how] for how in ("tcp", "udp", "ping")} == {"reached"} and "eth0" in found["interfaces"]
    await guard.started()
    found = json.loads(guard.inside(canary))
    assert found.pop("interfaces") == "lo"
    assert set(found.values()) & {"reached", "silence"} == set(), found
    assert {found["tcp"], found["udp"], found["six"]} <= {"ENETUNREACH", "EHOSTUNREACH", "EADDRNOTAVAIL"}
    assert found["name"] == "no name" and found["loopback"] == "ECONNREFUSED" and found["unix"] == "ENOENT"


@attack("socket-without-a-path", by=By.WORKSPACE, stops=HOST)
async def test_an_abstract_socket_of_the_host_is_not_reached(guard, image, canary, control):
    """Abstract sockets have no permissions; they belong to the network namespace."""
    with control("a container that shares the host's network connects"):
        assert elsewhere(image, canary, "--network", "host")["abstract"] == "reached"
    await guard.started()
    assert json.loads(guard.inside(canary))["abstract"] == "ECONNREFUSED"


LISTEN = "import socket, time; s = socket.socket(socket.AF_UNIX); s.bind('\\0between'); s.listen(); time.sleep(60)"
CONNECT = """
import socket
try:
    socket.socket(socket.AF_UNIX).connect('\\0between'); print("connected")
except OSError as error:
    print(error.strerror)
"""


@attack("socket-between-two-workspaces", by=By.WORKSPACE, stops=HOST)
async def test_two_workspaces_do_not_reach_each_other(guard, image, control):
    await guard.started()
    await guard.started("bob")
    docker("exec", "--detach", guard.name("bob"), "python3", "-c", LISTEN)
    with control("bob's listens, and two containers that share a network connect"):
        await until(lambda: docker("exec", guard.name("bob"), "python3", "-c", CONNECT).strip() == "connected")
        name = docker("run", "--detach", "--entrypoint", "python3", image, "-c", LISTEN).strip()
        share = ["--network", f"container:{name}", "--entrypoint", "python3"]
        try:
            await until(lambda: docker("run", "--rm", *share, image, "-c", CONNECT).strip() == "connected")
        finally:
            docker("rm", "--force", name)
    assert guard.inside(CONNECT) == "Connection refused"
