"""A pytest plugin (`-p tests.attacks.report`) that keeps what became of each attack.

--attack-results=FILE   a JSON line for each control that held and each test that ended, at once: `make mutants`
--attack-report=FILE    a page with one line for each mechanism: `make attack`
"""

import json
import platform
import subprocess
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from deploy.gvisor import PROGRAM
from tests.attacks.claims import Claim, claim_of

_RESULTS: pytest.StashKey[Path] = pytest.StashKey()
_SEEN: pytest.StashKey["Seen"] = pytest.StashKey()
NO_CONTAINER = "not a container attack"
PACKAGES = ("jupyterhub", "jupyterlab", "aiohttp", "enclave")
_HEAD = """\
# Attack report

Written by `make attack`: every attack of `tests/attacks/`, against the code of this tree. Each has shown in the
same run that it works where nothing of ours stops it. Which line stops it is found out by `make mutants`, which
changes that line and sees the attack succeed. [Threat model](threat-model.md): what is claimed, and what is not.
"""


@dataclass
class Seen:
    """What was tried: the claims by mechanism, and outcomes by mechanism and runtime ("" outside a container)."""

    claims: dict[str, list[Claim]] = field(default_factory=lambda: defaultdict(list))
    outcomes: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--attack-results", type=Path, help="a file for JSON lines, see tests/attacks/report.py")
    parser.addoption("--attack-report", type=Path, help="a Markdown page, see tests/attacks/report.py")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_SEEN] = Seen()
    if path := config.getoption("--attack-results"):
        config.stash[_RESULTS] = path
        path.write_text("")


def note_control(config: pytest.Config, node: str) -> None:
    """A test's control has held."""
    _note(config, {"node": node, "event": "control"})


def _note(config: pytest.Config, line: dict[str, str]) -> None:
    path = config.stash.get(_RESULTS, None)
    if path is not None:
        with path.open("a") as file:
            file.write(json.dumps(line) + "\n")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: Any) -> Any:
    report = yield
    _note(item.config, {"node": item.nodeid, "event": report.when, "outcome": report.outcome})
    claim = claim_of(item)
    if claim is not None and (report.when == "call" or report.outcome != "passed"):
        seen = item.config.stash[_SEEN]
        if claim not in seen.claims[claim.mechanism]:
            seen.claims[claim.mechanism].append(claim)
        seen.outcomes[claim.mechanism, _runtime(item)].append(report.outcome)
    return report


def _runtime(item: Any) -> str:
    if "runtime" not in item.fixturenames:
        return ""
    return str(item.callspec.params.get("runtime", "runc")) if hasattr(item, "callspec") else "runc"


def pytest_sessionfinish(session: pytest.Session) -> None:
    path = session.config.getoption("--attack-report")
    if path is not None:
        path.write_text(page(session.config.stash[_SEEN]))


def page(seen: Seen) -> str:
    """The report."""
    commit = _said("git", "describe", "--always", "--dirty", "--exclude=*")
    parts = [_HEAD, f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {commit}, {len(seen.claims)} mechanisms."]
    parts.append(_table(("what", "version"), _versions()))
    rows = [_row(seen, mechanism, claims) for mechanism, claims in sorted(seen.claims.items())]
    parts.append(_table(("attack", "by", "what stops it", "under runc", "under runsc"), rows))
    return "\n\n".join(parts) + "\n"


def _row(seen: Seen, mechanism: str, claims: list[Claim]) -> tuple[str, ...]:
    lines = sorted({stops for claim in claims for stops in claim.stops})
    shown = "<br>".join(f"`{stops.file}`: `{stops.line}`" for stops in lines)
    results = [_result(seen.outcomes.get((mechanism, runtime), [])) for runtime in ("runc", "runsc")]
    if outside := seen.outcomes.get((mechanism, "")):
        results = [_result(outside), NO_CONTAINER]
    return f"`{mechanism}`", str(claims[0].by), shown, *results


def _result(outcomes: list[str]) -> str:
    if not outcomes or set(outcomes) == {"skipped"}:
        return "not run"
    tried = f"{len(outcomes)} {'case' if len(outcomes) == 1 else 'cases'}"
    return f"**NOT STOPPED**, {tried}" if "failed" in outcomes else f"stopped, {tried}"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    head = list(head)
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *lines))


def _versions() -> list[tuple[str, str]]:
    found = [("Linux", platform.release()), ("Python", platform.python_version())]
    found.append(("engine", _said("docker", "version", "--format", "{{.Server.Version}}")))
    found.append(("runsc (gVisor)", _said(str(PROGRAM), "--version").partition("\n")[0]))
    return found + [(name, version(name)) for name in PACKAGES]


def _said(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return "not there"
