"""The gate beside configurable-http-proxy 5.3.0: the same server behind both, the same run, one after the other.

    .venv/bin/python benchmarks/gate.py [--seconds 4] [--rounds 3]

The server behind answers with 1 kB, or with 64 MB, from memory; the node proxy reaches it over TCP as it does in a
usual JupyterHub (over Unix sockets it fails small POSTs), the gate over the workspace's Unix socket, with its
whole work done: sealed cookie, owner, path table, headers. Goals: 1.3 times the requests per second, 0.6 times the
99th percentile. Needs node and npm; the proxy is installed into a temporary folder.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import uvloop
from cryptography.fernet import Fernet

from enclave.names import person_name, project_slug
from enclave.settings import Settings
from workspaces.gate.sessions import Sealer

CHP = "configurable-http-proxy@5.3.0"
PATH = "/user/alice/tumour-ml/api/contents/x"
PLACE = person_name("alice"), project_slug("tumour-ml")
SMALL = b"x" * 1024
LARGE = bytes(64 << 20)


@dataclass
class Measured:
    """One round: requests per second, percentiles in milliseconds, processor time of the proxy for one request in
    milliseconds (the number that a busy machine disturbs least), bulk in MB/s."""

    rate: float
    p50: float
    p99: float
    cpu: float
    bulk: float


class Backend(asyncio.Protocol):
    """A server that costs next to nothing: fixed answers, keep-alive. It is Hub, desk and workspace in one."""

    def connection_made(self, transport):
        self.transport = transport
        self.buffer = b""

    def data_received(self, data):
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
            target = head.split(b" ", 2)[1]
            body = SMALL
            if target.endswith(b"/large"):
                body = LARGE
            elif target.endswith(b"/hub/api/user"):
                user = {"kind": "user", "name": "alice", "scopes": ["access:services!service=gate"]}
                body = json.dumps(user).encode()
            line = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            self.transport.writelines([line % len(body), body])


async def _backend(port, paths):
    loop = asyncio.get_running_loop()
    await loop.create_server(Backend, "127.0.0.1", port)
    for path in paths:
        await loop.create_unix_server(Backend, path)
    await asyncio.Event().wait()


def run_backend(port, paths):
    uvloop.run(_backend(port, paths))


async def _requests(port, headers, seconds, times):
    """One connection that asks again as soon as it has its answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    question = f"GET {PATH} HTTP/1.1\r\n{headers}\r\n".encode()
    end = time.perf_counter() + seconds
    while (start := time.perf_counter()) < end:
        writer.write(question)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"not answered: {head[:300]!r}")
        await reader.readexactly(len(SMALL)) if b"chunked" not in head.lower() else await _chunks(reader)
        times.append(time.perf_counter() - start)
    writer.close()


async def _chunks(reader):
    while size := int((await reader.readline()).strip(), 16):
        await reader.readexactly(size + 2)
    await reader.readexactly(2)


async def _bulk(port, headers):
    """MB/s of four downloads of 64 MB at a time."""

    async def one():
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
        writer.write(f"GET {PATH}/large HTTP/1.1\r\n{headers}Connection: close\r\n\r\n".encode())
        received = 0
        while chunk := await reader.read(1 << 20):
            received += len(chunk)
        writer.close()
        return received

    start = time.perf_counter()
    total = sum(await asyncio.gather(*(one() for _ in range(4))))
    return total / 1e6 / (time.perf_counter() - start)


async def measure(pid, port, headers, connections, seconds):
    await asyncio.gather(*(_requests(port, headers, 0.5, []) for _ in range(connections)))  # warm
    times: list[float] = []
    before = processor(pid)
    await asyncio.gather(*(_requests(port, headers, seconds, times) for _ in range(connections)))
    cpu = (processor(pid) - before) * 1e3 / len(times)
    times.sort()
    rate, p50, p99 = len(times) / seconds, times[len(times) // 2] * 1e3, times[len(times) * 99 // 100] * 1e3
    return Measured(rate, p50, p99, cpu, await _bulk(port, headers))


def processor(pid):
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port):
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"nothing listens on port {port}")


def start_chp(folder, backend):
    """configurable-http-proxy with one route; its process and port."""
    install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), CHP]
    subprocess.run(install, check=True, stdout=subprocess.DEVNULL)
    port, api = free_port(), free_port()
    program = folder / "node_modules" / "configurable-http-proxy" / "bin" / "configurable-http-proxy"
    command = ["node", str(program), "--ip", "127.0.0.1", "--port", str(port), "--api-ip", "127.0.0.1"]
    command += ["--api-port", str(api), "--log-level", "error"]
    process = subprocess.Popen(command, env={**os.environ, "CONFIGPROXY_AUTH_TOKEN": "benchmark"})
    wait_for(api)
    route = urllib.request.Request(
        f"http://127.0.0.1:{api}/api/routes/user/alice/tumour-ml",
        data=json.dumps({"target": f"http://127.0.0.1:{backend}"}).encode(),
        headers={"Authorization": "token benchmark"},
        method="POST",
    )
    urllib.request.urlopen(route).close()
    return process, port


def start_gate(settings):
    """The gate as it runs in production, with one route; its process."""
    environment = {
        "PATH": os.environ["PATH"],
        "ENCLAVE_ROOT": str(settings.layout.root),
        "ENCLAVE_URL": settings.pages_url,
        "ENCLAVE_WORKSPACES_URL": settings.workspaces_url,
    }
    (settings.layout.gate / "routes.json").write_text(
        json.dumps({"/user/alice/tumour-ml/": {"target": "x", "data": {"user": PLACE[0], "server_name": PLACE[1]}}})
    )
    command = [sys.executable, "-m", "workspaces.gate"]
    return subprocess.Popen(command, env=environment, cwd=Path(__file__).parents[1], stderr=subprocess.DEVNULL)


def make_settings(root):
    settings = Settings.from_env(
        {
            "ENCLAVE_ROOT": str(root),
            "ENCLAVE_URL": f"http://localhost:{free_port()}",
            "ENCLAVE_WORKSPACES_URL": f"http://localhost:{free_port()}",
        }
    )
    layout = settings.layout
    folders = [layout.gate, layout.secrets("gate"), layout.server_folder(*PLACE), layout.inward_folder(*PLACE)]
    sockets = [layout.control_socket, layout.hub_socket, layout.desk_socket("gate")]
    for folder in [*folders, *(path.parent for path in sockets)]:
        folder.mkdir(parents=True, exist_ok=True)
    (layout.secrets("gate") / "session_key").write_bytes(Fernet.generate_key())
    (layout.secrets("gate") / "hub_token").write_text("token")
    return settings


def main():
    options = argparse.ArgumentParser(description="The gate beside configurable-http-proxy.")
    options.add_argument("--seconds", type=float, default=4.0)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--connections", type=int, nargs="+", default=[20, 50])
    options = options.parse_args()
    root = Path(tempfile.mkdtemp(prefix="gate-"))
    settings = make_settings(root)
    layout = settings.layout
    backend = free_port()
    paths = [layout.server_folder(*PLACE) / "server.sock", layout.hub_socket, layout.desk_socket("gate")]
    server = multiprocessing.get_context("spawn").Process(
        target=run_backend, args=(backend, [str(path) for path in paths]), daemon=True
    )
    server.start()
    processes = []
    try:
        wait_for(backend)
        chp, chp_port = start_chp(root / "npm", backend)
        processes = [chp, start_gate(settings)]
        gate_port = int(settings.workspaces_url.rpartition(":")[2])
        wait_for(gate_port)
        sealer = Sealer((layout.secrets("gate") / "session_key").read_bytes())
        cookie = sealer.seal("workspace", token="t", person=PLACE[0], project=PLACE[1])
        common = "Accept: application/json\r\nAccept-Encoding: gzip\r\nUser-Agent: benchmark\r\n"
        host = f"Host: localhost:{gate_port}\r\n{common}Cookie: enclave-workspace={cookie}\r\n"
        for connections in options.connections:
            found: dict[str, list[Measured]] = {"configurable-http-proxy": [], "gate": []}
            for _ in range(options.rounds):
                for name, process, port in zip(found, processes, (chp_port, gate_port), strict=True):
                    once = measure(process.pid, port, host, connections, options.seconds)
                    found[name].append(uvloop.run(once))
            report(connections, found)
    finally:
        for process in processes:
            process.terminate()
            process.wait()
        server.terminate()
        server.join()
        shutil.rmtree(root)


def report(connections, found):
    """Medians over the rounds, and the gate's ratio to the other."""
    fields = ("rate", "p50", "p99", "cpu", "bulk")
    medians = {
        name: [statistics.median(getattr(one, field) for one in rounds) for field in fields]
        for name, rounds in found.items()
    }
    theirs, ours = medians.values()
    title = f"{connections} connections"
    print(f"\n{title:26}{'requests/s':>12}{'p50 ms':>10}{'p99 ms':>10}{'CPU ms':>10}{'MB/s':>10}")
    for name, (rate, p50, p99, cpu, bulk) in medians.items():
        print(f"{name:26}{rate:12.0f}{p50:10.2f}{p99:10.2f}{cpu:10.3f}{bulk:10.0f}")
    ratios = [own / other for own, other in zip(ours, theirs, strict=True)]
    print(f"{'ratio':26}{ratios[0]:12.2f}{ratios[1]:10.2f}{ratios[2]:10.2f}{ratios[3]:10.2f}{ratios[4]:10.2f}")
    print(f"{'goal at 20 connections':26}{'>= 1.30':>12}{'':10}{'<= 0.60':>10}")


if __name__ == "__main__":
    main()
