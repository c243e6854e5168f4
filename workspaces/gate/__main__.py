"""The gate's process.

enclave-gate              serve until SIGTERM
enclave-gate --healthy    exit 0 if a running gate answers on its control socket
"""

import asyncio
import gc
import logging
import os
import signal
import sys

import aiohttp
import uvloop

from enclave.errors import Broken, Refused
from enclave.settings import Settings
from workspaces.gate.gate import Gate


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    gate = Gate(settings)
    try:
        await gate.start()
        gc.collect()
        gc.set_threshold(10_000, 10, 10)  # requests leave few cycles; looking for them at every 700 objects is 4 %
        gc.freeze()  # what lives as long as we do is not looked through again: a pause of 30 ms less, now and then
        await stopped.wait()
    finally:
        await gate.close()


async def healthy(settings: Settings) -> bool:
    """Whether a gate answers on the control socket."""
    connector = aiohttp.UnixConnector(str(settings.layout.control_socket))
    try:
        async with (
            asyncio.timeout(3),
            aiohttp.ClientSession(connector=connector) as client,
            client.get("http://localhost/health") as answer,
        ):
            return answer.status == 200
    except (aiohttp.ClientError, TimeoutError, OSError):
        return False


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    os.umask(0o077)
    try:
        settings = Settings.from_env()
        if "--healthy" in sys.argv[1:]:
            sys.exit(0 if asyncio.run(healthy(settings)) else 1)
        uvloop.run(serve(settings))
    except (Refused, Broken) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
