"""make evaluate: a labelled corpus, made from a seed, and what the checks say of each file.

python -m benchmarks.evaluation.evaluate [--seed N] [--each N] [--data]

Prints for each kind and each rule how many unsafe files were found (a finding at all, and one of the rules that the
file breaks), how many safe ones were blocked, and every miss. `--data` gives the checks the microdata too. Exit
code 1 if a goal is missed: unsafe found ≥ 97 %, safe blocked ≤ 3 %, nothing unsafe without a finding or a gap.
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.evaluation import others
from benchmarks.evaluation.carriers import CARRIERS, SAFE_CARRIERS
from benchmarks.evaluation.labelled import Make
from benchmarks.evaluation.others import File
from benchmarks.evaluation.studies import studies, written
from benchmarks.evaluation.tables import SAFE, UNSAFE
from output_review.checks.examination import examine
from output_review.checks.registry import Check, Context, registered

FOUND, BLOCKED = 0.97, 0.03


@dataclass(frozen=True)
class Judged:
    file: File
    kind: str
    rules: frozenset[str]
    blocked: bool
    gaps: tuple[str, ...]


def corpus(seed: int, each: int) -> Iterator[File]:
    """Every table in `each` of the ways to carry it, every figure, text, image and model of some studies."""
    rng = random.Random(seed)
    for makes, names in ((SAFE, SAFE_CARRIERS), (UNSAFE, tuple(CARRIERS))):
        for make in makes:
            for carrier in rng.sample(names, min(each, len(names))):
                file = _carried(make, carrier, rng)
                if file is not None:
                    yield file
    for study in rng.sample([one for one in studies() if len(one.measures) > 1], 2):
        for kind in (others.figures, others.texts, others.carriers, others.models):
            yield from kind(study, rng)


def _carried(make: Make, carrier: str, rng: random.Random) -> File | None:
    """The table of the first study, in random order, that has one of this make."""
    for study in rng.sample(studies(), len(studies())):
        for _ in range(6):
            table = make(study, rng)
            if table is not None and len(table.frame) >= 2:
                name = f"{table.what.replace(' ', '-')}.{carrier}"
                return File(name, CARRIERS[carrier](table.frame), table.broken, study.name)
    return None


def judged(files: Iterator[File], context: Context, checks: list[Check]) -> Iterator[Judged]:
    for file in files:
        data = {file.study: context.data[file.study]} if context.data else {}
        own = Context(context.thresholds, data, None, context.scratch)
        events = list(examine(file.name, file.data, own, checks))
        found = [one["finding"] for one in events if "finding" in one]
        gaps = tuple(f"{one['gap']['check']}: {one['gap']['why']}" for one in events if "gap" in one)
        blocked = any(one["severity"] == "block" for one in found)
        yield Judged(file, events[0]["kind"], frozenset(one["rule"] for one in found), blocked, gaps)


def told(all_of_them: list[Judged], with_data: bool) -> bool:
    """Print the tables and the misses; whether the goals are met. Without the data nothing is let pass unseen: what
    needs it is not checked, and the file goes to a person, as `Report` has it."""
    unsafe = [one for one in all_of_them if one.file.broken]
    safe = [one for one in all_of_them if not one.file.broken]
    _table("kind", [one.kind for one in all_of_them], all_of_them)
    _table("unsafe by", [_about(one) for one in all_of_them], all_of_them)
    for one in unsafe:
        if not one.rules & one.file.broken:
            said = ", ".join(sorted(one.rules)) or f"nothing; not checked: {len(one.gaps)}"
            print(f"missed: {one.file.name} of {one.file.study}: {'/'.join(sorted(one.file.broken))}; said {said}")
    for one in safe:
        if one.blocked:
            print(f"blocked: {one.file.name} of {one.file.study}: {', '.join(sorted(one.rules))}")
    found = sum(bool(one.rules) for one in unsafe) / len(unsafe)
    named = sum(bool(one.rules & one.file.broken) for one in unsafe) / len(unsafe)
    blocked = sum(one.blocked for one in safe) / len(safe)
    silent = sum(not one.rules and not one.gaps for one in unsafe)
    passed = sum(not one.rules and not one.gaps for one in safe)
    print(
        f"{len(unsafe)} unsafe: {found:.1%} found, {named:.1%} by the rule they break; {silent} said nothing about"
    )
    if not with_data:
        silent = 0
        print(
            "The checks that need the data were not asked: outside of this evaluation every file goes to a person."
        )
    print(f"{len(safe)} safe: {blocked:.1%} blocked, {passed / len(safe):.1%} passed, the others to a person")
    return found >= FOUND and blocked <= BLOCKED and not silent


def _about(one: Judged) -> str:
    return "/".join(sorted(one.file.broken)) if one.file.broken else "(safe)"


def _table(title: str, groups: list[str], all_of_them: list[Judged]) -> None:
    rows: dict[str, Counter[str]] = {}
    for group, one in zip(groups, all_of_them, strict=True):
        row = rows.setdefault(group, Counter())
        side = "unsafe" if one.file.broken else "safe"
        row[side] += 1
        row[f"{side} blocked"] += one.blocked
        row["found"] += bool(one.file.broken and one.rules)
        row["named"] += bool(one.rules & one.file.broken)
    print(f"\n{title:<58} unsafe  found  named   safe  blocked")
    for group, row in sorted(rows.items()):
        numbers = (row["unsafe"], row["found"], row["named"], row["safe"], row["safe blocked"])
        print(f"{group[:58]:<58} " + "  ".join(f"{n:>5}" for n in numbers))
    print()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--each", type=int, default=12, help="ways in which each table is carried")
    parser.add_argument("--data", action="store_true", help="let the checks have the microdata too")
    given = parser.parse_args(arguments)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        data = written(Path(folder) / "data") if given.data else {}
        context = Context(data=data, scratch=Path(folder))
        checks = [check for check in registered() if all(context.offers(need) for need in check.needs)]
        if data:
            _prepared(checks, context)
        met = told(list(judged(corpus(given.seed, given.each), context, checks)), given.data)
    print(f"{time.monotonic() - began:.0f} s; goals {'met' if met else 'MISSED'}")
    return 0 if met else 1


def _prepared(checks: list[Any], context: Context) -> None:
    for check in checks:
        check.prepare(context)


if __name__ == "__main__":
    sys.exit(main())
