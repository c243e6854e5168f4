"""What `make test` needs of the host beside Python: an engine that answers, and Debian's chromium."""

import sys

from deploy import engine, say


def main() -> int:
    """Install what is missing; the exit code."""
    try:
        engine.ensure()
        # Without a font a page has no words, and without its sandbox chromium does not start as a user.
        engine.ensure_packages({"chromium": "chromium chromium-sandbox fonts-liberation"})
    except say.Stop as problem:
        return say.stop(problem)
    return 0


sys.exit(main())
