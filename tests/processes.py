"""Programs that a test starts beside itself, and how they end."""

import subprocess

PATIENCE = 30  # seconds; JupyterLab waits for its kernels, and a busy machine makes that long


def end(process: "subprocess.Popen[bytes]") -> None:
    """Ask a program to end, and end it if it does not: how it goes is not what the tests of its pages are about."""
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
