"""What a client may cost: time to send a header, its size, memory for what passes; and TLS follows its files."""

import asyncio
import contextlib
import datetime
import gc
import os
import ssl
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.workspaces.gate.conftest import BASE, free_port
from workspaces.gate import servers
from workspaces.gate.uploads import LARGEST_SAVE

MB = 1 << 20


async def raw(world, *pieces, pause=0.0):
    """What comes back when these bytes are sent, until the gate closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", world.gate._origins[0].port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
        async with asyncio.timeout(10):
            return await reader.read()
    except ConnectionError:
        return b""  # cut off
    finally:
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)


async def test_a_client_that_dawdles_over_its_header_is_cut_off(world):
    started = asyncio.get_running_loop().time()
    assert await raw(world, b"GET /home HTTP/1.1\r\nHost: x\r\nX-Slow: ") == b""
    assert await raw(world) == b""
    assert asyncio.get_running_loop().time() - started < 6


async def test_a_drip_of_header_bytes_does_not_hold_the_connection(world):
    said = await raw(world, b"GET /home HTTP/1.1\r\n", *(f"X-{n}: a\r\n".encode() for n in range(15)), pause=0.2)
    assert said == b""


@pytest.mark.parametrize(
    "header",
    [
        b"X-Large: " + b"x" * 20000 + b"\r\n",
        b"".join(b"X-%d: a\r\n" % number for number in range(200)),
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"X Y: 1\r\n",
        b"Host : x\r\n",
    ],
)
async def test_large_or_ambiguous_headers_are_refused(world, header):
    host = world.pages.removeprefix("http://").encode()
    head = b"POST /home HTTP/1.1\r\nHost: " + host + b"\r\n" + header + b"\r\n"
    said = await raw(world, head + b"5\r\nhello\r\n0\r\n\r\nGET /evil HTTP/1.1\r\nHost: " + host + b"\r\n\r\n")
    assert said.startswith(b"HTTP/1.") and said.split()[1] == b"400"
    assert world.desk_calls == []


async def test_an_absolute_target_is_refused(world):
    host = world.pages.removeprefix("http://").encode()
    line = b"GET http://evil.example/home HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n"
    assert (await raw(world, line)).split()[1] == b"400"


def memory() -> int:
    """Bytes of this process that are in memory now."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def test_200_mb_down_and_60_mb_up_stream_and_memory_stays_flat(world):
    received = 0

    async def large(request):
        nonlocal received
        if request.method == "PUT":
            async for chunk in request.content.iter_any():
                received += len(chunk)
            return web.json_response({})
        answer = web.StreamResponse(headers={"Content-Length": str(200 * MB), "Content-Type": "application/json"})
        await answer.prepare(request)
        for _ in range(200):
            await answer.write(bytes(MB))
        return answer

    enough = 1000 * MB
    world.info["policy"] = {"message_bytes": enough, "budget_soft_bytes": enough, "budget_hard_bytes": enough}
    await world.workspace(large)
    before = memory()
    highest = before
    async with world.get(world.work + BASE + "api/contents/large.bin", **world.inside()) as answer:
        total = 0
        async for chunk in answer.content.iter_any():
            total += len(chunk)
            if total % (16 * MB) < len(chunk):
                await asyncio.sleep(0.01)  # a reader that pauses now and then
                highest = max(highest, memory())
    assert total == 200 * MB

    async def notebook(size):
        nonlocal highest
        yield b'{"type":"notebook","content":"'
        for number in range(size // MB):
            yield b"x" * MB
            if number % 16 == 0:  # looking takes long in a process that has run thousands of tests
                highest = max(highest, memory())
        yield b'"}'

    address, sent = world.work + BASE + "api/contents/large.ipynb", world.inside(Origin=world.work)
    async with world.request("PUT", address, sent, notebook(60 * MB)) as answer:
        assert answer.status == 200
    assert received == 60 * MB + 32
    with contextlib.suppress(aiohttp.ClientOSError):  # cut off while it was still sending
        async with world.request("PUT", address, sent, notebook(200 * MB)) as answer:
            assert answer.status == 413
    assert received <= 60 * MB + 32 + LARGEST_SAVE
    # Gate, browser and workspace share this process: all three of them together keep within 40 MB.
    assert highest - before < 40 * MB


async def test_a_reader_that_never_reads_costs_no_memory(world):
    sent = 0

    async def endless(request):
        nonlocal sent
        answer = web.StreamResponse()
        await answer.prepare(request)
        while True:
            await answer.write(bytes(MB))
            sent += MB

    await world.workspace(endless)
    before = memory()
    answers = [await world.get(world.work + BASE + "api/contents/x", **world.inside()) for _ in range(10)]
    await asyncio.sleep(1.0)
    halted = sent
    await asyncio.sleep(0.5)
    assert sent == halted
    assert memory() - before < 120 * MB
    for answer in answers:
        answer.close()


def make_certificate(folder: Path, name: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = serialization.PrivateFormat.PKCS8
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption())
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


async def test_a_new_certificate_is_used_without_dropping_connections(root):
    make_certificate(root, "first")
    files = str(root / "certificate.pem"), str(root / "key.pem")
    context = servers.tls_context(*files)
    port = free_port()

    async def hello(_request):
        return web.Response(text="hello")

    runner = await servers.listen_tcp(hello, "127.0.0.1", port, context, 5.0)
    following = asyncio.create_task(servers.follow(context, *files, seconds=0.05))
    seen = ssl.create_default_context()
    seen.check_hostname = False
    seen.verify_mode = ssl.CERT_NONE

    async def presented():
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=seen)
        found = x509.load_der_x509_certificate(writer.get_extra_info("ssl_object").getpeercert(True))
        return found.subject.rfc4514_string(), reader, writer

    name, reader, writer = await presented()
    assert name == "CN=first"
    (root / "certificate.pem").write_text("half written")
    await asyncio.sleep(0.2)
    again, _, other = await presented()
    assert again == "CN=first"
    (root / "certificate.pem").unlink()
    await asyncio.sleep(0.1)
    make_certificate(root, "second")
    async with asyncio.timeout(5):
        while again != "CN=second":
            other.close()
            await asyncio.sleep(0.05)
            again, _, other = await presented()
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert (await reader.read()).endswith(b"hello")
    following.cancel()
    for one in (writer, other):
        one.close()
    await runner.cleanup()


def test_the_process_says_what_is_missing_and_whether_it_is_healthy(root):
    def run(*arguments, **environment):
        return subprocess.run(
            [sys.executable, "-m", "workspaces.gate", *arguments],
            env={"PATH": os.environ["PATH"], **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert "ENCLAVE_URL" in run(ENCLAVE_URL="nonsense").stderr
    missing = run(ENCLAVE_ROOT=str(root))
    assert (missing.returncode, "hub_token" in missing.stderr) == (1, True)
    assert "Traceback" not in missing.stderr
    assert run("--healthy", ENCLAVE_ROOT=str(root)).returncode == 1


async def test_the_process_serves_and_ends_on_a_signal(world):
    await world.gate.close()
    environment = {
        "PATH": os.environ["PATH"],
        "ENCLAVE_ROOT": str(world.root),
        "ENCLAVE_URL": world.pages,
        "ENCLAVE_WORKSPACES_URL": world.work,
    }
    command = [sys.executable, "-m", "workspaces.gate"]
    process = await asyncio.create_subprocess_exec(*command, env=environment, stderr=subprocess.DEVNULL)
    healthy = 1
    async with asyncio.timeout(30):
        while healthy:
            probe = await asyncio.create_subprocess_exec(*command, "--healthy", env=environment)
            healthy = await probe.wait()
    async with world.get(world.pages + "/home", **world.cookie()) as answer:
        assert answer.status == 200
    process.terminate()
    assert await process.wait() == 0
    await world.gate.start()
