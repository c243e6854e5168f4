"""How the gate listens: limits on what a client may send before it is somebody, TLS that follows its files.

A client that has not sent a whole header within 30 s is cut off (aiohttp counts from the connection's start and
from the end of the previous answer). Bodies are not kept: they stream.
"""

import asyncio
import logging
import socket
import ssl
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

log = logging.getLogger("enclave.gate")
HEADER_SECONDS = 30.0
HEADER_BYTES = 16384  # one line or field; the whole of a sealed cookie and a long query fit
HEADER_COUNT = 100
RELOAD_SECONDS = 10.0
Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


def make_server(handler: Handler, header_seconds: float = HEADER_SECONDS) -> web.Server:
    """An HTTP server with our limits; a client that goes away ends its request."""
    return web.Server(
        handler,
        handler_cancellation=True,
        auto_decompress=False,
        access_log=None,
        keepalive_timeout=header_seconds,
        lingering_time=2.0,
        max_line_size=HEADER_BYTES,
        max_field_size=HEADER_BYTES,
        max_headers=HEADER_COUNT,
    )


async def listen_unix(handler: Handler, path: Path) -> web.ServerRunner:
    """Serve on a Unix socket that its folder's group may use (the folder is setgid, see `enclave.layout`)."""
    await asyncio.to_thread(path.unlink, missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(str(path))
    await asyncio.to_thread(path.chmod, stat.S_IRUSR | stat.S_IWUSR | stat.S_IRGRP | stat.S_IWGRP)
    runner = web.ServerRunner(make_server(handler), shutdown_timeout=1.0)
    await runner.setup()
    await web.SockSite(runner, listening).start()
    return runner


async def listen_tcp(
    handler: Handler, address: str, port: int, context: ssl.SSLContext | None, header_seconds: float
) -> web.ServerRunner:
    """Serve browsers."""
    runner = web.ServerRunner(make_server(handler, header_seconds), shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, address, port, ssl_context=context, backlog=512).start()
    return runner


def tls_context(certificate: str, key: str) -> ssl.SSLContext | None:
    """TLS as the settings say; None for plain HTTP, which the settings allow on loopback only."""
    if not certificate:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(certificate, key)
    return context


async def follow(context: ssl.SSLContext, certificate: str, key: str, seconds: float = RELOAD_SECONDS) -> None:
    """Load certificate and key again when a file changes: new connections use them, open ones stay. A pair that
    does not fit together (one file written, the other not yet) is left for the next look."""
    seen = _stamp(certificate, key)
    while True:
        await asyncio.sleep(seconds)
        now = _stamp(certificate, key)
        if now is None or now == seen:
            continue
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
            context.load_cert_chain(certificate, key)
        except (OSError, ssl.SSLError):
            log.exception("the new certificate cannot be used; the old one stays")
        else:
            seen = now
            log.info("the certificate was loaded again")


def _stamp(*paths: str) -> list[tuple[int, int]] | None:
    try:
        found = [Path(path).stat() for path in paths]
    except OSError:
        return None
    return [(entry.st_ino, entry.st_mtime_ns) for entry in found]
