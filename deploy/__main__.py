"""`python3 -m deploy up|images|down|destroy|clear`: what the Makefile calls."""

import os
import sys
from collections.abc import Callable

from deploy import down, say, up

_FRESH = os.environ.get("FRESH", "") not in ("", "0", "no")

_VERBS: dict[str, Callable[[], object]] = {
    "up": lambda: up.up(_FRESH),
    "images": lambda: up.prepare_images(_FRESH, every=True),
    "down": down.down,
    "destroy": down.destroy,
    "clear": lambda: down.destroy(keep_images=True),
}


def main() -> int:
    """Run one verb; the exit code."""
    verb = _VERBS.get(sys.argv[1] if len(sys.argv) == 2 else "")
    if verb is None:
        print(__doc__, file=sys.stderr)
        return 2
    if os.geteuid() != 0:
        print(
            "This needs root: the engine and the folders' owners are set up here. Try with sudo.", file=sys.stderr
        )
        return 1
    os.umask(0o022)
    try:
        verb()
    except say.Stop as problem:
        return say.stop(problem)
    except KeyboardInterrupt:
        print("\nInterrupted. What was done so far stays; `make up` goes on from there.", file=sys.stderr)
        return 130
    return 0


sys.exit(main())
