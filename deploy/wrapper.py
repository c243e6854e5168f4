"""`enclave <noun> <verb>` on the host: the same words, run in the desk's container, with the operator's name.

Two verbs need a folder that the desk must not see, so the librarian's container looks at it first:
`dataset register NAME --from FOLDER ...` copies and hashes it, and the desk gets the manifest; if the desk refuses,
the copy is removed again. `dataset verify NAME` compares the stored files with the manifest that the desk keeps.
Exit codes: 0 done, 1 refused, 2 wrong usage, 3 broken.
"""

import getpass
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from deploy import compose, instance, say
from deploy.instance import Instance
from enclave.errors import BadInput
from enclave.layout import Layout
from enclave.names import dataset_name, dataset_version

REFUSED, USAGE, BROKEN = 1, 2, 3


def main(arguments: Sequence[str]) -> int:
    """Run one command; its exit code."""
    if os.geteuid() != 0:
        keep = "--preserve-env=ENCLAVE_ROOT,ENCLAVE_INSTANCE"
        os.execvp("sudo", ["sudo", keep, sys.executable, sys.argv[0], *arguments])  # noqa: S606
    try:
        root = instance.root_of(os.environ)
        if not instance.remembered(root):
            raise say.Stop(f"There is no instance in {root}. Run `make up`, or set ENCLAVE_ROOT to its folder.")
        ours = instance.load()
        if list(arguments[:2]) == ["dataset", "register"] and _option(arguments, "--from") is not None:
            return _register(ours, arguments)
        if list(arguments[:2]) == ["dataset", "verify"] and "--help" not in arguments:
            return _verify(ours, arguments)
        return _in_desk(ours, arguments)
    except BadInput as wrong:
        print(f"Error: {wrong}", file=sys.stderr)
        return USAGE
    except say.Stop as problem:
        print(f"Error: {problem}", file=sys.stderr)
        return BROKEN


def _register(ours: Instance, arguments: Sequence[str]) -> int:
    """Copy and hash the folder, then let the desk decide; a refused copy is removed."""
    words = list(arguments[2:])
    if not words or words[0].startswith("-"):
        raise BadInput("Name the dataset first: enclave dataset register NAME --from FOLDER --version VERSION ...")
    name, version = dataset_name(words[0]), dataset_version(_option(words, "--version") or "1")
    source = Path(_option(words, "--from") or "").resolve()
    if not source.is_dir() or ":" in str(source):
        raise BadInput(f"{str(source)!r} is not a folder that can be read from (its path must not hold a colon).")
    rest = _without(words, "--from")
    if _option(rest, "--version") is None:
        rest += ["--version", version]
    ingest = _librarian(ours, ["ingest", name, version], mounts=[f"{source}:/source:ro"])
    if ingest.returncode != 0:
        return _exit_code(ingest.returncode)
    registered = _in_desk(ours, ["dataset", "register", *rest, "--manifest", "-"], stdin=ingest.stdout)
    if registered != 0:
        _forget(ours.layout, name, version)
    return registered


def _verify(ours: Instance, arguments: Sequence[str]) -> int:
    """Ask the desk for the manifest, and the librarian whether the files still are what it says."""
    words = list(arguments[2:])
    if not words or words[0].startswith("-"):
        raise BadInput("Name the dataset: enclave dataset verify NAME [--version VERSION]")
    name = dataset_name(words[0])
    wanted = _option(words, "--version")
    show = ["dataset", "show", name, *(["--version", dataset_version(wanted)] if wanted else []), "--json"]
    shown = subprocess.run(_desk_command(ours, show), stdout=subprocess.PIPE, check=False)
    if shown.returncode != 0:
        return _exit_code(shown.returncode)
    dataset = json.loads(shown.stdout)
    files = dataset["files"] if "files" in dataset else dataset["manifest"]["files"]
    manifest = json.dumps({"files": files}).encode()
    verify = ["verify", name, dataset_version(dataset["version"]), "--manifest", "-"]
    return _exit_code(_librarian(ours, verify, stdin=manifest, show=True).returncode)


def _in_desk(ours: Instance, words: Sequence[str], stdin: bytes | None = None) -> int:
    done = subprocess.run(_desk_command(ours, words, terminal=stdin is None), input=stdin, check=False)
    return _exit_code(done.returncode)


def _desk_command(ours: Instance, words: Sequence[str], terminal: bool = False) -> list[str]:
    container = f"{ours.name}-desk"
    running = ["docker", "inspect", "--type", "container", "--format", "{{.State.Running}}", container]
    found = subprocess.run(running, capture_output=True, text=True, check=False)
    if found.stdout.strip() != "true":
        raise say.Stop(
            f"The desk of {ours.name} is not running. Run `make up`; `docker logs {container}` says why."
        )
    window = ["--tty"] if terminal and sys.stdin.isatty() and sys.stdout.isatty() else []
    return [
        "docker",
        "exec",
        "--interactive",
        *window,
        "--env",
        f"ENCLAVE_ACTOR={_actor()}",
        container,
        "enclave",
        *words,
    ]


def _actor() -> str:
    """Who operates the host, for the audit log: the login, not root, when sudo was used."""
    login = os.environ.get("SUDO_USER") or getpass.getuser()
    return f"operator:{re.sub(r'[^A-Za-z0-9._-]', '-', login)[:60]}"


def _librarian(
    ours: Instance, words: Sequence[str], stdin: bytes = b"", mounts: Sequence[str] = (), show: bool = False
) -> "subprocess.CompletedProcess[bytes]":
    volumes = [word for mount in mounts for word in ("--volume", mount)]
    run = compose.command(ours, "run", "--rm", "-T", "--no-deps", *volumes, "librarian", *words, profiles=["tools"])
    output = None if show else subprocess.PIPE
    return subprocess.run(run, input=stdin, stdout=output, env=compose.environment(), check=False)


def _forget(layout: Layout, name: str, version: str) -> None:
    folder = layout.dataset(dataset_name(name), dataset_version(version))
    shutil.rmtree(folder, ignore_errors=True)
    if folder.parent.is_dir() and not any(folder.parent.iterdir()):
        folder.parent.rmdir()


def _exit_code(code: int) -> int:
    """Ours, or broken for what the engine itself reports (125 and above)."""
    return code if code in (0, REFUSED, USAGE, BROKEN) else BROKEN


def _option(words: Sequence[str], name: str) -> str | None:
    """The value of `--name VALUE` or `--name=VALUE`; None without it."""
    for index, word in enumerate(words):
        if word == name and index + 1 < len(words):
            return words[index + 1]
        if word.startswith(f"{name}="):
            return word[len(name) + 1 :]
    return None


def _without(words: Sequence[str], name: str) -> list[str]:
    left: list[str] = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word == name:
            skip = True
        elif not word.startswith(f"{name}="):
            left.append(word)
    return left
