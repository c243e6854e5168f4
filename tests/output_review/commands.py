"""`enclave request` as the operator of the host types it."""

from enclave.cli import main


def run(*arguments: str) -> int | str | None:
    """Its exit code."""
    try:
        main(["request", *arguments])
    except SystemExit as ended:
        return ended.code or 0
    return 0
