"""Nothing is reachable from a workspace, by any family; a container on a bridge reaches the same canary."""

import json
import socket
import threading

import pytest

from tests.workspaces.engine import docker

pytestmark = pytest.mark.both_runtimes
# What a kernel without any route says, the host's and gVisor's.
NO_WAY = {"runc": "ENETUNREACH", "runsc": "EHOSTUNREACH"}

PROBE = """
import errno, json, os, socket, struct
host, port, unix = {host!r}, {port}, {unix!r}
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
        one.connect("\\0enclave-canary")
probes = dict(tcp=tcp, udp=udp, six=six, name=name, ping=ping, unix=local, abstract=abstract,
              loopback=lambda: tcp("127.0.0.1"), metadata=lambda: tcp("169.254.169.254"))
print(json.dumps({{what: said(call) for what, call in probes.items()}}))
"""


@pytest.fixture
def canary(tmp_path):
    """A TCP, a UDP, a Unix and an abstract socket on the host that answer whoever comes; the probe for them."""
    host = docker("network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}").strip()
    tcp = socket.create_server((host or "172.17.0.1", 0))
    port = tcp.getsockname()[1]
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind((host or "172.17.0.1", port))
    unix, abstract = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    path = str(tmp_path / "canary.sock")
    unix.bind(path)
    abstract.bind("\0enclave-canary")
    for one in (unix, abstract):
        one.listen()

    def echo():
        while True:
            try:
                data, sender = udp.recvfrom(100)
                udp.sendto(data, sender)
            except OSError:
                return

    threading.Thread(target=echo, daemon=True).start()
    yield PROBE.format(host=host or "172.17.0.1", port=port, unix=path)
    for one in (tcp, udp, unix, abstract):
        one.close()


async def test_a_workspace_reaches_nothing(guard, image, canary, runtime):
    await guard.started()
    inside = json.loads(guard.inside(canary))
    assert set(inside.values()) & {"reached", "silence"} == set(), inside
    assert inside["tcp"] == inside["udp"] == NO_WAY[runtime] and inside["name"] == "no name"
    assert inside["loopback"] == "ECONNREFUSED" and inside["unix"] == "ENOENT"

    bridged = json.loads(docker("run", "--rm", "--entrypoint", "python3", image, "-c", canary))
    assert {bridged[what] for what in ("tcp", "udp", "ping")} == {"reached"}, bridged
    hosts = json.loads(docker("run", "--rm", "--network", "host", "--entrypoint", "python3", image, "-c", canary))
    assert hosts["abstract"] == "reached", "abstract sockets belong to the network namespace"


async def test_two_workspaces_do_not_reach_each_other(guard, desk, settings):
    await guard.started()
    await guard.started("bob")
    listen = "import socket, time; s = socket.socket(socket.AF_UNIX); s.bind('\\0between'); s.listen()"
    docker("exec", "--detach", guard.name("bob"), "python3", "-c", listen + "; time.sleep(20)")
    connect = "import socket; socket.socket(socket.AF_UNIX).connect('\\0between')"
    assert "Connection refused" in guard.inside(connect)
    assert "Connection refused" not in docker("exec", guard.name("bob"), "python3", "-c", connect, check=False)
    look = (
        "import os; print([p for p in os.listdir('/proc') if p.isdigit() and p not in ('1', str(os.getpid()))][:9])"
    )
    assert len(json.loads(guard.inside(look).replace("'", '"'))) <= 2, "sees its own processes only"
