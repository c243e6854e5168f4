"""The image that all others stand on: Debian packages, no registry. `BASE_IMAGE=` takes an institution's own."""

import hashlib
import os
import tempfile
from pathlib import Path

from deploy import context, engine, say, shell
from deploy.context import Part

SUITE = "trixie"
PACKAGES = "python3,python3-venv,ca-certificates,tini"
_DOCKERFILE = [Part("images/base", "images/base")]


def digest() -> str:
    """The digest of what the base image is made from."""
    given = os.environ.get("BASE_IMAGE", "")
    if given:
        return context.make(_DOCKERFILE, given).digest
    return hashlib.sha256(f"mmdebstrap minbase {SUITE} {PACKAGES}\n".encode()).hexdigest()[:32]


def build(tag: str, label: str, log: Path) -> None:
    """Make the base image under `tag`; raise `Stop` with the end of the log when that fails."""
    given = os.environ.get("BASE_IMAGE", "")
    if given:
        with say.step(f"Building the image base from {given} (full log: {log})"):
            archive = context.make(_DOCKERFILE, given).archive
            command = ["docker", "build", "--network", "host", "--tag", tag, "--label", label]
            command += ["--build-arg", f"BASE_IMAGE={given}", "--file", "images/base/Dockerfile", "-"]
            shell.logged(command, log, stdin=archive)
        return
    engine.ensure_packages({"mmdebstrap": "mmdebstrap"})
    words = f"Building the image base from Debian's packages (full log: {log})"
    with say.step(words), tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "base.tar")
        shell.logged(["mmdebstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, file], log)
        shell.quiet(["docker", "import", "--change", f"LABEL {label}", file, tag])
