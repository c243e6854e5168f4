"""`enclave <noun> <verb>` on the host: the same words, run in the desk's container, with the operator's name.

Two verbs need a folder that the desk must not see, so the librarian's container looks at it first.
`dataset register NAME@VERSION --from FOLDER ...` copies and hashes it, and the desk gets the manifest; if the desk
refuses, the copy is removed again. `dataset verify NAME@VERSION` compares the stored files with the manifest that
the desk keeps.

Exit codes: 0 done, 1 refused, 2 wrong usage, 3 broken.
"""

import getpass
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from deploy import compose, instance, say
from deploy.instance import Instance
from enclave.errors import BadInput
from enclave.names import DatasetName, DatasetVersion, dataset_name, dataset_version

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
    source = Path(_option(arguments, "--from") or "").resolve()
    words = _without(arguments[2:], "--from")
    name, version = _dataset(words)
    if not source.is_dir() or ":" in str(source):
        raise BadInput(f"{str(source)!r} is not a folder to register (nor may its path hold a colon).")
    ingest = _librarian(ours, ["ingest", name, version], mounts=[f"{source}:/source:ro"])
    if ingest.returncode != 0:
        return _exit_code(ingest.returncode)
    registered = _in_desk(ours, ["dataset", "register", *words, "--manifest", "-"], stdin=ingest.stdout)
    if registered != 0:
        _librarian(ours, ["remove", name, version])
    return registered


def _verify(ours: Instance, arguments: Sequence[str]) -> int:
    """Ask the desk for the manifest, and the librarian whether the files still are what it says."""
    name, version = _dataset(arguments[2:])
    show = _desk_command(ours, ["dataset", "show", f"{name}@{version}", "--json"])
    shown = subprocess.run(show, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False)
    if shown.returncode != 0:
        return _exit_code(shown.returncode)
    manifest = json.dumps(json.loads(shown.stdout)["manifest"]).encode()
    verify = ["verify", name, version, "--manifest", "-"]
    return _exit_code(_librarian(ours, verify, stdin=manifest, show=True).returncode)


def _dataset(words: Sequence[str]) -> tuple[DatasetName, DatasetVersion]:
    """The name and version among a verb's words: `wdbc@1`, or `wdbc 1`; raise `BadInput`."""
    plain = [word for word in words[:2] if not word.startswith("-")]
    pair = plain[0].split("@") if plain and "@" in plain[0] else plain
    if len(pair) != 2 or words[0] != plain[0]:
        raise BadInput("Name the dataset and its version right after the verb, such as wdbc@1.")
    return dataset_name(pair[0]), dataset_version(pair[1])


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
    reader, writer = os.pipe()
    said = threading.Thread(target=_pass_on, args=(reader,))
    said.start()
    try:
        return subprocess.run(
            run, input=stdin, stdout=output, stderr=writer, env=compose.environment(), check=False
        )
    finally:
        os.close(writer)
        said.join()


def _pass_on(reader: int) -> None:
    """Show what the librarian says while it works, without compose's own lines about the container."""
    with os.fdopen(reader, errors="replace") as lines:
        for line in lines:
            if not re.match(r"(\s*Container |Creating |\d+\s*$)", line):
                print(line, end="", file=sys.stderr, flush=True)


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
