"""Asking another process of ours over its Unix socket."""

from pathlib import Path

import aiohttp


def session_over(path: Path, seconds: float = 10) -> aiohttp.ClientSession:
    """A session whose requests all go to the socket at `path`; URLs start with `/`. `seconds` bounds each answer.

    Connections are not kept: a restarted server is a new socket, and the next question must reach it.
    """
    return aiohttp.ClientSession(
        base_url="http://enclave.invalid",
        connector=aiohttp.UnixConnector(str(path), force_close=True),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=seconds),
    )
