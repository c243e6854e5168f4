"""What `make test` needs beside Python: an engine that answers and knows gVisor, Debian's chromium, and
our PostgreSQL image."""

import os
import sys

from deploy import engine, gvisor, images, say
from deploy.context import REPOSITORY


def main() -> int:
    """Install and build what is missing; the exit code."""
    try:
        engine.ensure()
        # Without a font a page has no words, and without its sandbox chromium does not start as a user.
        engine.ensure_packages({"chromium": "chromium chromium-sandbox fonts-liberation"})
        instance = os.environ.get("ENCLAVE_TEST_INSTANCE", "") or "enclave-test"
        gvisor.ensure()
        images.ensure(instance, [images.POSTGRES], REPOSITORY / "build" / "logs")
    except say.Stop as problem:
        return say.stop(problem)
    return 0


sys.exit(main())
