"""Nothing outside is reachable from a workspace: a canary on a network of the test's own hears nothing of it.

The same probe runs in an ordinary container on that network, which reaches every canary: so the canaries sing.
Addresses are those reserved for documentation (RFC 5737, RFC 3849).
"""

import json
import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from enclave.names import person_name, project_slug
from tests.running import Stack, docker
from tests.stack.people import People, until

pytestmark = pytest.mark.stack
NETWORK, CANARY = "enclave-test-canary", "enclave-test-canary-server"
V4, V6 = "198.51.100.10", "2001:db8::10"

SERVER = """
import socket, threading
def tcp(family, where):
    listener = socket.create_server(where, family=family)
    while True:
        connection, _ = listener.accept()
        connection.sendall(b"canary"); connection.close()
def udp(port, answer):
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); listener.bind(("0.0.0.0", port))
    while True:
        asked, where = listener.recvfrom(1500)
        listener.sendto(answer(asked), where)
def dns(asked):  # one A record for whatever was asked
    return (asked[:2] + b"\\x81\\x80\\0\\1\\0\\1\\0\\0\\0\\0" + asked[12:]
            + b"\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\x3c\\0\\4\\xc6\\x33\\x64\\x0a")
for work in ((tcp, socket.AF_INET, ("0.0.0.0", 8080)), (tcp, socket.AF_INET6, ("::", 8081)),
             (udp, 9000, lambda asked: b"canary"), (udp, 53, dns)):
    threading.Thread(target=work[0], args=work[1:]).start()
print("singing", flush=True)
"""

PROBE = """
import json, socket, struct, sys
def tried(work):
    try:
        return work()
    except OSError as error:
        return type(error).__name__ + ": " + str(error.strerror or error)
def tcp(where, family=socket.AF_INET):
    with socket.socket(family, socket.SOCK_STREAM) as s:
        s.settimeout(2); s.connect(where); return "reached" if s.recv(6) == b"canary" else "connected"
def udp(where, said=b"hello"):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(2); s.sendto(said, where); s.recvfrom(1500); return "reached"
def icmp(family, protocol, kind, where):
    with socket.socket(family, socket.SOCK_DGRAM, protocol) as s:
        s.settimeout(2); s.sendto(struct.pack("!BBHHH", kind, 0, 0, 1, 1), where); s.recvfrom(1500)
        return "reached"
QUESTION = b"\\x12\\x34\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\6canary\\4test\\0\\0\\1\\0\\1"
def resolver():
    return "reached" if socket.getaddrinfo("canary.test", 80, socket.AF_INET)[0][4][0] == "198.51.100.10" else "?"
print(json.dumps({
    "tcp": tried(lambda: tcp(("198.51.100.10", 8080))),
    "udp": tried(lambda: udp(("198.51.100.10", 9000))),
    "dns": tried(lambda: udp(("198.51.100.10", 53), QUESTION)),
    "resolver": tried(resolver),
    "icmp": tried(lambda: icmp(socket.AF_INET, 1, 8, ("198.51.100.10", 0))),
    "ipv6": tried(lambda: tcp(("2001:db8::10", 8081), socket.AF_INET6)),
    "icmpv6": tried(lambda: icmp(socket.AF_INET6, 58, 128, ("2001:db8::10", 0))),
}))
"""

CONNECT = """
import json, socket, sys
def tried(path):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(2)
        try:
            s.connect(path.replace("@", chr(0), 1) if path.startswith("@") else path)
            return "connected"
        except OSError as error:
            return type(error).__name__
print(json.dumps({path: tried(path) for path in sys.argv[1:]}))
"""


@pytest.fixture(scope="module")
def inside(stack: Stack, people: People) -> Iterator[object]:
    """Run a program in erin's workspace, with bob's running beside it; what it said."""
    people("erin").start("diabetes-care")
    people("bob").start("tumour-ml")

    def run(program: str, *arguments: str) -> dict[str, str]:
        done = stack.inside("erin", "diabetes-care", "python3", "-c", program, *arguments)
        assert done.returncode == 0, done.stderr
        found: dict[str, str] = json.loads(done.stdout)
        return found

    return run


@pytest.fixture(scope="module")
def image(stack: Stack) -> str:
    return f"{stack.instance}/workspace:latest"


@pytest.fixture(scope="module")
def canary(image: str) -> Iterator[None]:
    """A server that answers TCP, UDP, DNS, ICMP and IPv6, with the host's own address on that network as well."""
    docker("rm", "--force", CANARY, check=False)
    docker("network", "rm", NETWORK, check=False)
    docker("network", "create", "--ipv6", "--subnet", "198.51.100.0/24", "--subnet", "2001:db8::/64", NETWORK)
    try:
        docker("run", "--detach", "--name", CANARY, "--network", NETWORK, "--ip", V4, "--ip6", V6, "--user", "0",
               "--entrypoint", "python3", image, "-c", SERVER)  # fmt: skip
        until(lambda: "singing" in docker("logs", CANARY).stdout, 20)
        yield
    finally:
        docker("rm", "--force", CANARY, check=False)
        docker("network", "rm", NETWORK, check=False)


# What a kernel without any route says: the host's, and gVisor's.
NO_WAY = {"runc": "unreachable", "runsc": "no route to host"}


def test_nothing_outside_is_reached_by_any_protocol(stack: Stack, canary: None, image: str, inside) -> None:
    control = docker(
        "run", "--rm", "--network", NETWORK, "--dns", V4, "--entrypoint", "python3", image, "-c", PROBE
    )
    reached = json.loads(control.stdout)
    assert set(reached.values()) == {"reached"}, reached
    found = inside(PROBE)
    assert found.keys() == reached.keys()
    assert not {how: said for how, said in found.items() if said in ("reached", "connected")}, found
    assert all(NO_WAY[stack.runtime] in found[how].lower() for how in ("tcp", "udp", "dns")), found


def test_the_stacks_own_ports_are_not_reached(stack: Stack, inside) -> None:
    """The host's addresses on every bridge, and the loopback: none has our gate or identity provider on it."""
    port = int(stack.url.rpartition(":")[2])
    bridges = docker("network", "ls", "--quiet", "--filter", "driver=bridge").stdout.split()
    gateways = docker("network", "inspect", "--format", "{{range .IPAM.Config}}{{.Gateway}} {{end}}", *bridges)
    addresses = [one for one in gateways.stdout.split() if ":" not in one] + ["127.0.0.1", "0.0.0.0"]
    probe = """
import json, socket, sys
def tried(where):
    try:
        socket.create_connection((where, PORT), 2).close(); return "connected"
    except OSError as error:
        return str(error)
print(json.dumps({where: tried(where) for where in sys.argv[1:]}))
""".replace("PORT", str(port))
    with closing(socket.create_connection(("127.0.0.1", port), 2)):
        pass  # the control: it listens
    found = inside(probe, *addresses)
    assert len(found) >= 3 and "connected" not in found.values(), found


def paths(stack: Stack) -> list[str]:
    """Every socket that this host has to offer, by its path on the host."""
    layout = stack.layout
    other = person_name("bob"), project_slug("tumour-ml")
    ours = person_name("erin"), project_slug("diabetes-care")
    found = [layout.hub_socket, layout.control_socket, layout.guard_socket]
    found += [layout.desk_socket(caller) for caller in ("hub", "gate", "guard", "courier")]
    found += [layout.server_folder(*other) / "server.sock", layout.inward_folder(*other) / "desk.sock"]
    found += [layout.server_folder(*ours) / "server.sock"]
    return ["/var/run/docker.sock", *map(str, found)]


def test_no_socket_of_the_host_is_reached(stack: Stack, inside) -> None:
    host = {}
    for path in paths(stack):
        with closing(socket.socket(socket.AF_UNIX)) as control:
            control.connect(path)  # on the host each of them answers
        host[path] = "connected"
    found = inside(CONNECT, *host, "/run/docker.sock", "/run/containerd/containerd.sock")
    assert set(found.values()) == {"FileNotFoundError"}, found
    around = inside(CONNECT, "/proc/1/root/run/docker.sock")
    assert set(around.values()) <= {"FileNotFoundError", "PermissionError"}, "gVisor follows nobody's /proc/N/root"
    own = ["/run/enclave/server/server.sock", "/run/enclave/inward/desk.sock"]
    assert set(inside(CONNECT, *own).values()) == {"connected"}, "the probe itself works, on its own two sockets"


def test_a_socket_without_a_path_is_not_shared_with_the_host(image: str, inside) -> None:
    name = "enclave-test-abstract"
    with closing(socket.socket(socket.AF_UNIX)) as listener:
        listener.bind("\0" + name)
        listener.listen()
        control = docker(
            "run", "--rm", "--network", "host", "--entrypoint", "python3", image, "-c", CONNECT, "@" + name
        )
        assert json.loads(control.stdout) == {"@" + name: "connected"}
        assert inside(CONNECT, "@" + name) == {"@" + name: "ConnectionRefusedError"}


def test_its_own_two_sockets_are_the_only_ones(inside) -> None:
    """Looked for in the whole file system, by kind."""
    look = """
import json, os, stat
found = []
for folder, names, files in os.walk("/"):
    if folder == "/":
        names[:] = [name for name in names if name not in ("proc", "sys")]
    for name in files:
        path = os.path.join(folder, name)
        try:
            if stat.S_ISSOCK(os.lstat(path).st_mode):
                found.append(path)
        except OSError:
            pass
print(json.dumps({path: "" for path in found}))
"""
    assert set(inside(look)) == {"/run/enclave/server/server.sock", "/run/enclave/inward/desk.sock"}
