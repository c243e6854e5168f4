"""What could these files reveal? Asked in the workspace, of the same checks that the desk runs."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from enclave_review import checking
from enclave_review.checking import Checks
from enclave_review.desk import Desk
from enclave_review.files import CannotSend
from enclave_review.said import FINDINGS, bounded
from hypothesis import given
from hypothesis import strategies as st

from tests.extensions.conftest import Lab

PATIENTS = "".join(f"P{n},{40 + n * 37 % 41},{n * 7919 % 9973}\n" for n in range(300))
FINDING: dict[str, Any] = {
    "check": "c", "rule": "r", "severity": "review", "place": {"row": 1}, "value": 1, "threshold": 2,
    "formula": "f", "message": "m", "source": "s", "advice": "a",
}  # fmt: skip


def checked(lab: Lab, *names: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """How the check of these files of the project ended, and what it says of each."""
    status, begun = lab.ask("enclave/checks", {"paths": [f"project/{name}" for name in names]})
    assert status == 201, begun
    state = ended(lab)
    reports = [lab.ask(f"enclave/checks/{state['run']}/{at}") for at in range(1, state["done"] + 1)]
    assert all(status == 200 for status, _ in reports)
    return state, [answer["report"] for _, answer in reports]


def ended(lab: Lab) -> dict[str, Any]:
    for _ in range(1200):
        state = lab.ask("enclave/checks")[1]["check"]
        if state["state"] != "running":
            return state
        time.sleep(0.05)
    raise AssertionError(state)


def running(*words: str) -> list[str]:
    """Commands of processes with these words."""
    found = []
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found.append(command.read_bytes().decode(errors="replace"))
    return [one for one in found if all(word in one for word in words)]


def until(holds: Callable[[], bool]) -> bool:
    """Whether it does within some seconds."""
    return any(holds() or time.sleep(0.05) for _ in range(200))


def test_a_small_count_is_found_by_the_projects_own_number_and_a_rounded_table_is_not_blocked(fresh_lab: Lab):
    (fresh_lab.files / "unsafe.csv").write_text("grade,patients\nlow,213\nmiddle,15\nhigh,187\n")
    (fresh_lab.files / "safe.csv").write_text("grade,patients\nlow,210\nmiddle,160\nhigh,190\n")
    state, (unsafe, safe) = checked(fresh_lab, "unsafe.csv", "safe.csv")
    assert (state["state"], state["done"], state["own_numbers"], state["datasets"]) == ("done", 2, True, [])
    assert unsafe["verdict"] == "block" and safe["verdict"] == "review"
    worst = unsafe["findings"][0]
    assert worst["place"]["row"] == 2 and "15" in worst["message"] and worst["advice"]
    assert any("data" in one["why"] for one in safe["not_checked"])  # none is granted, and it says so


def test_rows_of_the_granted_data_are_found(fresh_lab: Lab):
    (fresh_lab.data / "claims").mkdir()
    (fresh_lab.data / "claims" / "people.csv").write_text("person,age,cost\n" + PATIENTS)
    (fresh_lab.files / "extract.csv").write_text("x,y\n" + "".join(
        f"{line.split(',')[1]},{line.split(',')[2]}\n" for line in PATIENTS.splitlines()[20:80]))  # fmt: skip
    state, (report,) = checked(fresh_lab, "extract.csv")
    assert state["datasets"] == ["claims"]
    assert report["verdict"] == "block"
    assert any("rows" in one["check"] for one in report["findings"] if one["severity"] == "block")


def test_a_check_that_is_cancelled_leaves_no_process_and_another_takes_the_place_of_the_first(fresh_lab: Lab):
    (fresh_lab.files / "first.csv").write_text("a,b\n1,2\n")
    (fresh_lab.files / "second.csv").write_text("a,b\n1,2\n")
    _, first = fresh_lab.ask("enclave/checks", {"paths": ["project/first.csv"]})
    _, second = fresh_lab.ask("enclave/checks", {"paths": ["project/second.csv"]})
    assert until(lambda: bool(running("output_review.checks", str(fresh_lab.files.parent))))
    assert second["check"]["run"] == first["check"]["run"] + 1
    status, answer = fresh_lab.ask("enclave/checks", method="DELETE")
    assert (status, answer["check"]["state"]) == (200, "cancelled")
    assert until(lambda: not running("output_review.checks", str(fresh_lab.files.parent)))
    assert fresh_lab.ask(f"enclave/checks/{first['check']['run']}/1")[0] == 404


@pytest.mark.parametrize("paths", [[], ["project/gone.csv"], ["../../etc/passwd"], "project", [1], None], ids=str)
def test_what_cannot_be_checked_is_refused_with_words(fresh_lab: Lab, paths):
    status, answer = fresh_lab.ask("enclave/checks", {"paths": paths})
    assert status == 400 and answer["error"]


def test_a_check_that_takes_too_long_is_ended_and_says_so(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(checking, "SECONDS", 0.2)
    (tmp_path / "table.csv").write_text("a\n1\n")
    checks = Checks(tmp_path, tmp_path / "data", Desk(str(tmp_path / "nobody.sock")))
    assert checks.start(["table.csv"])["own_numbers"] is False  # nobody could be asked for the project's
    for _ in range(100):
        if (state := checks.state()) and state["state"] != "running":
            break
        time.sleep(0.1)
    assert state and state["state"] == "failed" and "ended after" in state["why"]


def test_so_many_files_and_no_more(tmp_path: Path):
    names = [f"{n}.csv" for n in range(checking.MOST_FILES + 1)]
    for name in names:
        (tmp_path / name).write_text("1")
    with pytest.raises(CannotSend, match="at most 50"):
        Checks(tmp_path, tmp_path, Desk(str(tmp_path / "nobody.sock"))).start(names)


def test_a_file_named_like_an_option_is_a_file(fresh_lab: Lab):
    (fresh_lab.files / "--policy").write_text("grade,patients\nlow,213\nhigh,4\n")
    _, (report,) = checked(fresh_lab, "--policy")
    assert report["verdict"] == "block"


def test_the_page_is_given_the_worst_findings_first_and_no_more_than_it_shows():
    block = FINDING | {"severity": "block", "message": "x" * 9000, "place": {"column": "y" * 9000}}
    many = {"kind": "text", "verdict": "block", "findings": [FINDING] * 99 + [block], "not_checked": []}
    said = bounded(many)
    assert (len(said["findings"]), said["more_findings"]) == (FINDINGS, 100 - FINDINGS)
    assert said["findings"][0]["severity"] == "block"
    assert len(said["findings"][0]["message"]) == len(said["findings"][0]["place"]["column"]) == 500


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=12,
)


@given(
    st.fixed_dictionaries(
        {
            "kind": json_values,
            "verdict": st.sampled_from(["pass", "block"]) | json_values,
            "findings": st.lists(st.just(FINDING) | st.builds(lambda v, k: FINDING | {k: v}, json_values,
                                 st.sampled_from(sorted(FINDING))), max_size=3) | json_values,
            "not_checked": json_values,
        }
    )
    | json_values
)  # fmt: skip
def test_whatever_a_child_prints_is_a_report_of_this_form_or_refused(printed):
    try:
        said = bounded(printed)
    except ValueError:
        return
    assert said["verdict"] in ("pass", "review", "block")
    assert len(json.dumps(said)) < 60_000
    for finding in said["findings"]:
        assert all(isinstance(finding[name], str) for name in ("rule", "message", "advice"))
        assert all(isinstance(where, (int, str)) for where in finding["place"].values())
