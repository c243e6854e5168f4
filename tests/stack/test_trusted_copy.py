"""The gate's copy of JupyterLab is the JupyterLab of the workspaces, to the byte."""

import subprocess

import pytest

from tests.running import Stack

pytestmark = pytest.mark.stack
LIST = (
    "cd {share} && find lab/static lab/schemas lab/themes labextensions -type f -exec sha256sum {{}} + | sort -k 2"
)


def files(image: str, share: str) -> dict[str, str]:
    """Path below share/jupyter -> SHA-256, of every file that makes a page."""
    command = ["docker", "run", "--rm", "--network=none", "--user=0", "--entrypoint=/bin/sh", image, "-c"]
    listed = subprocess.run([*command, LIST.format(share=share)], capture_output=True, check=True, text=True)
    pairs = (line.split("  ", 1) for line in listed.stdout.splitlines())
    return {path: digest for digest, path in pairs if not path.endswith("install.json")}


def test_both_images_hold_the_same_files(stack: Stack) -> None:
    ours = files(f"{stack.instance}/platform:latest", "/opt/enclave/share/jupyter")
    theirs = files(f"{stack.instance}/workspace:latest", "/opt/workspace/share/jupyter")
    assert len(ours) > 300
    assert ours == theirs


def test_no_program_of_jupyterlab_is_in_the_platforms_image(stack: Stack) -> None:
    command = [
        "docker",
        "run",
        "--rm",
        "--network=none",
        "--entrypoint=python",
        f"{stack.instance}/platform:latest",
    ]
    tried = subprocess.run([*command, "-c", "import jupyterlab"], capture_output=True, text=True)
    assert "ModuleNotFoundError" in tried.stderr
