"""`make up` filled the enclave as planned; filling it again changes nothing, even after an interruption."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from demo.people import PEOPLE
from demo.plan import DATASETS, PROJECTS
from demo.seed import REPOSITORY
from tests.running import Stack, stack

__all__ = ["stack"]
pytestmark = pytest.mark.stack


def seed(stack: Stack) -> str:
    command = [sys.executable, "-B", str(REPOSITORY / "demo" / "seed.py"), "--root", str(stack.layout.root)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def listed(stack: Stack, *words: str) -> list[dict[str, Any]]:
    answer = stack.answer(*words)
    assert isinstance(answer, list)
    return answer


def recorded(stack: Stack) -> list[list[dict[str, Any]]]:
    """What the enclave knows of the demo."""
    members = [listed(stack, "member", "list", project.slug, "--history") for project in PROJECTS]
    return [
        listed(stack, "dataset", "list"),
        listed(stack, "project", "list"),
        listed(stack, "grant", "list"),
        *members,
    ]


def test_each_dataset_is_registered_for_its_controller(stack: Stack) -> None:
    known = {dataset["name"]: dataset["controller"] for dataset in listed(stack, "dataset", "list")}
    assert {dataset.name: dataset.controller for dataset in DATASETS}.items() <= known.items()


def test_each_project_has_its_lead_and_members(stack: Stack) -> None:
    for project in PROJECTS:
        members = {member["email"]: member["role"] for member in listed(stack, "member", "list", project.slug)}
        planned = [person for person in PEOPLE if project.slug in person.projects]
        assert {person.email for person in planned} <= set(members)
        assert members[f"{project.lead}@example.org"] == "lead"


def test_each_grant_says_whose_decision_it_was(stack: Stack) -> None:
    grants = {(grant["project"], grant["dataset"]): grant for grant in listed(stack, "grant", "list")}
    controllers = {dataset.name: dataset.controller for dataset in DATASETS}
    for project in PROJECTS:
        for name in project.datasets:
            assert grants[project.slug, f"{name}@1"]["on_behalf_of"] == controllers[name]


def test_each_project_has_its_notebook_for_its_members_only(stack: Stack) -> None:
    for project in PROJECTS:
        notebook = stack.layout.root / "projects" / project.slug / project.notebook
        card = stack.answer("project", "show", project.slug)
        assert isinstance(card, dict)
        assert notebook.stat().st_gid == card["gid"]
        assert notebook.stat().st_mode & 0o777 == 0o660
        assert notebook.parent.stat().st_mode & 0o7777 == 0o2770


def test_filling_again_does_nothing(stack: Stack) -> None:
    assert seed(stack) == "The demo is filled already.\n"


def test_after_an_interruption_filling_again_changes_nothing_that_was_done(stack: Stack) -> None:
    before = recorded(stack)
    mark: Path = stack.layout.demo / "seeded"
    mark.unlink()
    assert seed(stack) == ""
    assert recorded(stack) == before
    assert mark.exists()
