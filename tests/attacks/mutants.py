"""Each line that an attack names is changed, one at a time, in a copy of the tree: its attack must then succeed.

python -m tests.attacks.mutants               all of them, two at a time
python -m tests.attacks.mutants --only NAME   one mechanism's (may be given again)
python -m tests.attacks.mutants -j 1          one at a time
python -m tests.attacks.mutants --kept FILE   go on where it was ended: what FILE says was killed is not tried again

An attack succeeds when a test that names the line fails after its control held: so it was the line, and not a
program that no longer runs. First all of them run unchanged and have to pass. Exits 1 where a mutant survives. A
mutant of the confinement needs the engine and no new image: the guard runs within the test.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from tests.attacks.claims import ROOT, Stops, registry

SECONDS = 90  # for one test; a mutant that hangs is as good as one that fails
_PACKAGES = ("enclave", "data_mounts", "workspaces", "output_review", "deploy", "tests.attacks.claims")
_WHERE = "import {names}; print(*[one.__file__ for one in ({names},)], sep='\\n')".format(
    names=", ".join(_PACKAGES)
)


@dataclass(frozen=True, order=True)
class Mutant:
    """One changed line, and the tests that say it is needed."""

    mechanism: str
    stops: Stops
    nodes: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant: `killed`, `survived`, or `broken` where no control held."""

    mutant: Mutant
    word: str
    seconds: float
    output: str


def mutants(only: Sequence[str] = ()) -> list[Mutant]:
    """Every line that is named, of these mechanisms or of all."""
    nodes = defaultdict(list)
    for claim in registry():
        for stops in claim.stops:
            if not only or claim.mechanism in only:
                nodes[claim.mechanism, stops].append(claim.node)
    return sorted(Mutant(mechanism, stops, tuple(tests)) for (mechanism, stops), tests in nodes.items())


class Tree:
    """A copy of the tree that tests run in; what they import is the copy's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        listed = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=True
        )
        for name in filter(None, listed.stdout.decode().split("\0")):
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)
        self._check()

    def _check(self) -> None:
        """Raise `RuntimeError` unless a program here, and its child with an empty environment, import the copy."""
        child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {_WHERE!r}], env={{}}, check=True)"
        for code in (_WHERE, child):
            files = self._run([sys.executable, "-c", code], 60).stdout.split()
            if len(files) != len(_PACKAGES) or not all(file.startswith(f"{self.folder}/") for file in files):
                raise RuntimeError(f"tests in the copy would import from elsewhere: {files}")

    def _run(self, command: list[str], seconds: float) -> "subprocess.CompletedProcess[str]":
        environment = {**os.environ, "PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=seconds, check=False
        )

    @contextmanager
    def changed(self, stops: Stops) -> Iterator[None]:
        file = self.folder / stops.file
        before = file.read_text()
        file.write_text(stops.mutated(self.folder))
        try:
            yield
        finally:
            file.write_text(before)

    def attacked(self, nodes: Iterable[str], first: bool = True) -> tuple[bool, bool, str]:
        """Run these tests under runc: whether all passed, whether one failed after its control held, the output."""
        results = self.folder / "attack-results.jsonl"
        options = ["-q", "-p", "no:cacheprovider", "-p", "tests.attacks.report", f"--attack-results={results}"]
        options += ["--runtime=runc", "--rootdir", str(self.folder), "-o", f"timeout={SECONDS}", *["-x"] * first]
        command = [sys.executable, "-m", "pytest", *options, *nodes]
        done = self._run(command, SECONDS * 40)
        events = [json.loads(line) for line in results.read_text().splitlines()] if results.exists() else []
        held = {one["node"] for one in events if one["event"] == "control"}
        failed = {one["node"] for one in events if one["event"] == "call" and one["outcome"] == "failed"}
        return done.returncode == 0 and bool(held), bool(held & failed), done.stdout[-6000:] + done.stderr[-2000:]


def judge(tree: Tree, mutant: Mutant) -> Verdict:
    """Change the line, attack, change it back."""
    started = time.monotonic()
    with tree.changed(mutant.stops):
        passed, beaten, output = tree.attacked(mutant.nodes)
    word = "survived" if passed else "killed" if beaten else "broken"
    return Verdict(mutant, word, time.monotonic() - started, output)


class Kept:
    """The verdicts of a commit in a file, a JSON line each: hours of work can go on after an interruption."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        asked = subprocess.run(
            ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, check=True
        )
        self.commit = asked.stdout.decode().strip()

    def killed(self) -> set[str]:
        """The names of the mutants of this commit that need no second trial."""
        if self._path is None or not self._path.exists() or self.commit.endswith("-dirty"):
            return set()
        lines = map(json.loads, self._path.read_text().splitlines())
        return {one["mutant"] for one in lines if one["commit"] == self.commit and one["word"] == "killed"}

    def add(self, verdict: Verdict) -> None:
        if self._path is not None:
            line = {"commit": self.commit, "word": verdict.word, "mutant": name_of(verdict.mutant)}
            with self._path.open("a") as file:
                file.write(json.dumps(line | {"seconds": round(verdict.seconds, 1)}) + "\n")


def name_of(mutant: Mutant) -> str:
    return f"{mutant.mechanism}  {mutant.stops.file}: {mutant.stops.line} -> {mutant.stops.instead}"


def run(chosen: Sequence[Mutant], jobs: int, kept: Kept) -> list[Verdict]:
    """Judge them all; print and keep each as it is done."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        free: SimpleQueue[Tree] = SimpleQueue()
        for number in range(jobs):
            free.put(Tree(Path(folder).resolve() / str(number)))
        tree = free.get()
        nodes = sorted({node for mutant in chosen for node in mutant.nodes})
        passed, _, output = tree.attacked(nodes, first=False)
        free.put(tree)
        if not passed:
            raise SystemExit(f"The attacks do not pass as the tree is; nothing can be said of mutants.\n{output}")
        print(f"{len(nodes)} attacks are stopped as the tree is; now {len(chosen)} mutants.", flush=True)

        def work(mutant: Mutant) -> Verdict:
            tree = free.get()
            try:
                verdict = judge(tree, mutant)
            finally:
                free.put(tree)
            kept.add(verdict)
            print(f"{verdict.word:9}{verdict.seconds:6.1f} s  {name_of(mutant)}", flush=True)
            if verdict.word != "killed":
                print(verdict.output, flush=True)
            return verdict

        with ThreadPoolExecutor(jobs) as pool:
            return list(pool.map(work, chosen))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="a mechanism")
    parser.add_argument("-j", dest="jobs", type=int, default=2, metavar="N", help="how many at a time")
    parser.add_argument("--kept", type=Path, metavar="FILE", help="a file of verdicts to go on from")
    chosen = parser.parse_args()
    found, kept = mutants(chosen.only), Kept(chosen.kept)
    if not found:
        parser.error("there is no such mechanism")
    before = kept.killed()
    left = [one for one in found if name_of(one) not in before]
    verdicts = run(left, chosen.jobs, kept) if left else []
    bad = [one for one in verdicts if one.word != "killed"]
    print(f"{kept.commit}: {len(found) - len(bad)} of {len(found)} mutants killed.")
    for one in bad:
        print(f"{one.word}: {name_of(one.mutant)}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
