"""Our images: which parts each is made of, and building those whose inputs changed.

An image carries the digest of its inputs as the label `enclave.inputs`. Any image on this engine that has the
right one is used by giving it our tag, so a second instance builds nothing.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from deploy import base, context, say, shell
from deploy.context import Part

LABEL = "enclave.inputs"
_CERTIFICATES = Path("/usr/local/share/ca-certificates")
_LOCK = Path("/run/lock/enclave-images.lock")
_COMMON = ("images/with-certificates", "images/certs")
_PACKAGES = ("enclave", "data_mounts", "workspaces", "output_review")


class Image(NamedTuple):
    """An image built upon `base` from parts of the repository."""

    name: str
    parts: Sequence[Part]


def _image(name: str, *sources: str, package: Sequence[str] = ()) -> Image:
    same = [Part(source, source) for source in (f"images/{name}", *_COMMON, *sources)]
    return Image(name, [*same, *(Part(source, f"source/{source}") for source in package)])


PLATFORM = _image(
    "platform",
    "locks/platform.txt",
    "locks/build.txt",
    "locks/lab.txt",
    "extensions/dist",
    "images/answers",
    package=("pyproject.toml", "jupyterhub_config.py", *_PACKAGES),
)
# The checks of the desk, and what they import, as they are: no database, no page and no rule of the review.
CHECKS = (
    *(f"enclave/{name}.py" for name in ("__init__", "errors")),
    "output_review/__init__.py",
    *(f"output_review/{name}.py" for name in ("families", "kinds", "limits", "places", "policy", "signatures")),
    "output_review/checks",
    "output_review/readers",
)
WORKSPACE = _image("workspace", "locks/workspace.txt", "extensions/dist", package=CHECKS)
IDP = _image("idp", "locks/idp.txt", "demo/idp-start.sh", "demo/idp_app.py", "images/answers")
POSTGRES = _image("postgres", "images/answers")


def ensure(instance: str, images: Sequence[Image], logs: Path, fresh: bool = False) -> None:
    """Build or re-tag `base` and the given images.

    `fresh` builds everything again, for security updates of the packages inside. Raises `Stop` with the end of
    the build's log when a build fails.
    """
    _collect_certificates(context.REPOSITORY / "images" / "certs")
    with _alone():
        parent = base.digest()
        if not _found(instance, "base", parent, fresh):
            base.build(f"{instance}/base:latest", f"{LABEL}={parent}", logs / "build-base.log")
        for image in images:
            made = context.make(image.parts, parent)
            if not _found(instance, image.name, made.digest, fresh):
                _build(instance, image.name, made, logs / f"build-{image.name}.log", fresh)


def identity(instance: str, name: str) -> str:
    """The engine's id (sha256:...) of one of our images."""
    return shell.quiet(["docker", "image", "inspect", "--format", "{{.Id}}", f"{instance}/{name}:latest"]).strip()


def prune() -> None:
    """Remove our images that have lost their name, unless something still runs from them."""
    with _alone():
        shell.quiet(["docker", "image", "prune", "--force", "--filter", f"label={LABEL}"])


def remove(instance: str) -> None:
    """Remove every image tag of the instance, and what lost its name by that."""
    tags = shell.quiet(["docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", f"{instance}/*"]).split()
    if tags:
        shell.quiet(["docker", "image", "rm", "--force", *tags])
    prune()


def _found(instance: str, name: str, digest: str, fresh: bool) -> bool:
    """Give our tag to an image with these inputs, if there is one."""
    if fresh:
        return False
    # Images made from ours inherit the label, so the name has to be right too.
    listing = ["docker", "image", "ls", "--quiet", "--filter", f"label={LABEL}={digest}"]
    if shell.quiet([*listing, "--filter", f"reference={instance}/{name}:latest"]).strip():
        return True
    others = shell.quiet([*listing, "--filter", f"reference=*/{name}:latest"]).split()
    if others:
        shell.quiet(["docker", "tag", others[0], f"{instance}/{name}:latest"])
    return bool(others)


def _build(instance: str, name: str, made: context.Context, log: Path, fresh: bool) -> None:
    command = ["docker", "build", "--network", "host", "--force-rm", "--tag", f"{instance}/{name}:latest"]
    command += ["--label", f"{LABEL}={made.digest}", "--build-arg", f"BASE={instance}/base:latest"]
    command += ["--file", f"images/{name}/Dockerfile", *(["--no-cache"] if fresh else []), "-"]
    with say.step(f"Building the image {name} (full log: {log})"):
        shell.logged(command, log, stdin=made.archive)


def _collect_certificates(folder: Path) -> None:
    """Copy the host's own certificate authorities to where the builds look for them; often there are none."""
    folder.mkdir(parents=True, exist_ok=True)
    for certificate in sorted(_CERTIFICATES.glob("**/*.crt")):
        target = folder / certificate.name
        if not target.exists() or target.read_bytes() != certificate.read_bytes():
            shutil.copyfile(certificate, target)


@contextmanager
def _alone() -> Iterator[None]:
    """One build at a time on this host: a second `make up` waits and then finds the images made."""
    _LOCK.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(_LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
