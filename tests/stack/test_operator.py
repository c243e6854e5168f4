"""The operator's command line on the running stack: every noun answers, the doctor is content, logs stay."""

import json

import pytest

from tests.running import Stack, docker
from tests.stack.people import People, until

pytestmark = pytest.mark.stack
PROJECT = "diabetes-care"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("dataset", "list"), {"claims", "diabetes", "wdbc"}),
        (("project", "list"), {"diabetes-care", "tumour-ml"}),
        (("member", "list", PROJECT), {"bob", "erin"}),
        (("grant", "list", "--project", "tumour-ml"), {"wdbc@1"}),
        (("workspace", "list", "--all"), set()),
        (("request", "list"), set()),
        (("audit", "list"), set()),
    ],
)
def test_every_noun_lists_as_json(stack: Stack, words: tuple[str, ...], expected: set[str]) -> None:
    rows = stack.answer(*words)
    assert isinstance(rows, list)
    values = {str(value) for row in rows for value in row.values()}
    assert expected <= values
    assert stack.operate(*words).stdout.strip(), "and in words without --json"


@pytest.mark.parametrize("words", [("dataset", "show", "wdbc@1"), ("project", "show", PROJECT)])
def test_one_of_them_is_shown(stack: Stack, words: tuple[str, ...]) -> None:
    shown = stack.answer(*words)
    assert isinstance(shown, dict) and len(shown) > 5


def test_the_doctor_is_content(stack: Stack) -> None:
    assert stack.operate("doctor").returncode == 0
    assert json.loads(stack.operate("doctor", "--json").stdout)


def test_the_audit_log_is_whole(stack: Stack) -> None:
    assert "intact" in stack.operate("audit", "verify").stdout or stack.operate("audit", "verify").returncode == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("project", "show", "no-such-project"), 1),
        (("member", "add", PROJECT, "--person", "nobody-here"), 1),
        (("project", "show", "No Slug"), 2),
        (("explode",), 2),
    ],
)
def test_a_refusal_is_one_sentence_and_its_exit_code(stack: Stack, words: tuple[str, ...], code: int) -> None:
    done = stack.operate(*words, check=False)
    assert done.returncode == code and done.stdout == ""
    assert "Traceback" not in done.stderr and done.stderr.strip()


def test_who_did_it_is_in_the_audit_log(stack: Stack) -> None:
    stack.operate("project", "set", "tumour-ml", "--idle-stop-minutes", "61")
    stack.operate("project", "set", "tumour-ml", "--idle-stop-minutes", "60")
    newest = stack.answer("audit", "list")[0]
    assert newest["actor"].startswith("operator:") and newest["subject"] == "project:tumour-ml"


def test_an_operator_stops_a_workspace_and_its_log_stays(stack: Stack, people: People) -> None:
    erin = people("erin")
    container = erin.start(PROJECT)
    listed = stack.answer("workspace", "list", "--person", "erin")
    assert [(one["project"], one["datasets"]) for one in listed] == [(PROJECT, ["claims@1", "diabetes@1"])]
    printed = docker("logs", container).stderr
    assert "Jupyter Server" in printed
    stack.operate("workspace", "stop", "erin", PROJECT, "--reason", "Maintenance at noon")
    until(lambda: not stack.running("erin", PROJECT), 15)
    told = until(lambda: erin.status(PROJECT)["notice"], 5)
    assert told["code"] == "ordered" and "Maintenance at noon" in told["reason"]
    folder = stack.layout.log_folder("erin", PROJECT)  # type: ignore[arg-type]
    kept = sorted(folder.glob(f"*{container[:12]}.log"))
    assert len(kept) == 1 and "Jupyter Server" in kept[0].read_text()
    assert kept[0].stat().st_mode & 0o777 == 0o600
    assert docker("inspect", container, check=False).returncode != 0, "while its container is gone"
