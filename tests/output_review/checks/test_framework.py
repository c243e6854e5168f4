"""What holds for every check: verdicts, thresholds, registration; and for the child that runs them."""

import json
import subprocess
import sys
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enclave.errors import BadInput
from output_review.checks.bounded import BOUNDS, check_file
from output_review.checks.examination import MOST_OF_A_RULE, examine
from output_review.checks.findings import NotChecked, Report, Verdict, worst
from output_review.checks.parts import Form, Skipped, table
from output_review.checks.registry import Check, Context, Need, registered
from output_review.checks.thresholds import DEFAULTS, read, strictest
from output_review.policy import BOUNDS as ALLOWED
from output_review.policy import Thresholds
from tests.output_review.checks.asked import frame, report

SAFE = frame(("region", "n"), ("North", 412), ("South", 377))


@pytest.mark.parametrize("first, second", list(product(Verdict, Verdict)))
def test_the_worst_of_two_verdicts_is_the_later_in_the_order(first, second):
    order = [Verdict.PASS, Verdict.REVIEW, Verdict.BLOCK]
    assert worst([first, second]) == worst([second, first]) == order[max(order.index(first), order.index(second))]


def test_no_verdict_at_all_is_trivially_no_pass():
    assert worst([]) is Verdict.REVIEW
    assert Report("x", "", "unknown", (), (), (), 0).verdict is Verdict.REVIEW


def test_a_gap_keeps_a_file_from_passing_and_a_finding_from_being_hidden():
    ran = ("minimum-count",)
    assert Report("x", "", "text", (), (), ran, 0).verdict is Verdict.PASS
    assert Report("x", "", "text", (), (NotChecked("file", "why"),), ran, 0).verdict is Verdict.REVIEW
    found = ({"severity": "block"},)
    assert Report("x", "", "text", found, (NotChecked("file", "why"),), ran, 0).verdict is Verdict.BLOCK


THRESHOLDS = st.builds(Thresholds, **{name: st.integers(*ALLOWED[name][:2]) for name in vars(DEFAULTS)})


@given(st.lists(THRESHOLDS, min_size=1, max_size=5))
def test_the_strictest_thresholds_forbid_whatever_any_dataset_forbids(all_of_them):
    one = strictest(all_of_them)
    for other in all_of_them:
        assert one.min_count >= other.min_count and one.dominance_percent <= other.dominance_percent
        assert one.dominance_largest >= other.dominance_largest and one.p_percent >= other.p_percent
        assert one.residual_dof >= other.residual_dof


def test_of_no_datasets_there_is_no_strictest():
    with pytest.raises(BadInput):
        strictest([])


def test_a_policy_file_names_thresholds_of_one_or_of_several_datasets(tmp_path):
    file = tmp_path / "policy.json"
    file.write_text('{"min_count": 5}')
    assert read(file) == replace(DEFAULTS, min_count=5)
    file.write_text('{"datasets": {"a": {"min_count": 5, "dominance_percent": 90}, "b": {"min_count": 20}}}')
    assert read(file) == replace(DEFAULTS, min_count=20)
    for wrong in ('{"min_cuont": 5}', '{"min_count": 0}', '{"min_count": "5"}', "[]", "{", '{"datasets": {}}'):
        file.write_text(wrong)
        with pytest.raises(BadInput):
            read(file)


@pytest.mark.parametrize("check", registered(), ids=lambda check: check.name)
def test_every_check_says_what_it_reads_its_rules_and_what_it_cannot_see(check):
    assert check.name and check.title and check.reads and check.cannot_see and check.rules
    for rule in check.rules:
        assert rule.formula and rule.source and rule.advice


@pytest.mark.parametrize("check", [one for one in registered() if not one.needs], ids=lambda check: check.name)
def test_the_example_of_every_check_breaks_one_of_its_rules(check):
    try:
        found = list(check.look(check.example(), Context()))
    except Skipped:
        return  # it says that it cannot tell, which is what its page shows
    assert found and {one.rule for one in found} <= set(check.rules)


class Failing(Check):
    """Fails as it is told to."""

    name, title, cannot_see, rules = "failing", "Failing", "anything", ()
    reads = frozenset({Form.TABLE})

    def __init__(self, error, needs=()):
        self.error, self.needs = error, frozenset(needs)

    def look(self, part, context):
        raise self.error

    def example(self):
        return table(("region", "n"), [("North", 412)])


@pytest.mark.parametrize("error", [ValueError("secret"), MemoryError(), RecursionError(), Skipped("too wide")])
def test_a_check_that_fails_is_not_checked_and_the_others_go_on(error):
    fine = next(one for one in registered() if one.name == "minimum-count")
    found = report("a.csv", SAFE, checks=[Failing(error), fine])
    assert [one.check for one in found.not_checked] == ["failing"] and found.verdict is Verdict.REVIEW
    assert "minimum-count" in found.ran and "secret" not in found.not_checked[0].why


def test_a_check_that_needs_data_which_nobody_gave_is_not_checked():
    found = report("a.csv", SAFE, checks=[Failing(ValueError(), [Need.MICRODATA])])
    assert found.not_checked[0].check == "failing" and found.verdict is Verdict.REVIEW


def test_a_safe_table_passes_every_check_of_the_file_alone():
    found = report("a.csv", SAFE)
    assert found.verdict is Verdict.PASS and found.findings == () and len(found.ran) >= 5


def test_a_thousand_small_cells_are_said_in_a_few_lines():
    found = report("a.csv", frame(("group", "n"), *((f"g{k}", 1 + k % 9) for k in range(1000))))
    small = [one for one in found.findings if one["rule"] == "minimum-count"]
    assert len(small) == MOST_OF_A_RULE + 1 and "975 more" in small[-1]["message"]


def test_what_no_check_reads_goes_to_a_person():
    found = report("a.bin", bytes(range(256)) * 4)
    assert found.kind == "unknown" and found.verdict is Verdict.REVIEW and found.not_checked


def test_every_event_is_plain_json():
    assert all(json.loads(json.dumps(one)) == one for one in examine("a.csv", b"g,n\na,4\n", Context()))


# In the child


def run(*arguments, **more):
    command = [sys.executable, "-m", "output_review.checks", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **more)


def test_from_the_command_line_each_file_is_one_json_line_of_the_documented_form(tmp_path):
    (tmp_path / "safe.csv").write_text(SAFE)
    (tmp_path / "small.csv").write_text(frame(("region", "n"), ("North", 412), ("South", 4)))
    ended = run(tmp_path / "safe.csv", tmp_path / "small.csv", "--json")
    safe, small = map(json.loads, ended.stdout.splitlines())
    assert ended.returncode == 0 and ended.stderr == ""
    expected = {"schema", "file", "sha256", "kind", "verdict", "findings", "not_checked", "ran", "seconds"}
    assert set(safe) == set(small) == expected
    assert small["verdict"] == "block" and small["kind"] == "delimited"
    (found,) = small["findings"]
    assert found["place"] == {"row": 2, "column": 2} and (found["value"], found["threshold"]) == (4, 11)


def test_the_exit_code_says_whether_all_could_be_examined(tmp_path):
    (tmp_path / "safe.csv").write_text(SAFE)
    assert run(tmp_path / "safe.csv", tmp_path / "none.csv", "--json").returncode == 1
    assert run(tmp_path / "safe.csv", "--data", "nothing").returncode == 2
    assert run("--json").returncode == 2
    (tmp_path / "policy.json").write_text('{"min_count": 500}')
    ended = run(tmp_path / "safe.csv", "--policy", tmp_path / "policy.json", "--json")
    assert json.loads(ended.stdout)["verdict"] == "block" and ended.returncode == 0


def test_it_runs_from_a_folder_where_modules_lie_in_wait(tmp_path):
    """A folder of outputs may hold a `json.py`; the child does not look for modules there."""
    (tmp_path / "safe.csv").write_text(SAFE)
    (tmp_path / "csv.py").write_text("raise SystemExit('taken')")
    root = str(Path(__file__).parents[3])
    program = f"import sys; sys.path.append({root!r}); from output_review.checks.__main__ import main; main()"
    ended = subprocess.run(
        [sys.executable, "-I", "-c", program, "safe.csv", "--json"], cwd=tmp_path, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert json.loads(ended.stdout)["ran"], ended.stderr


def test_a_child_that_takes_too_long_has_not_checked_what_it_did_not_finish(tmp_path):
    file = tmp_path / "safe.csv"
    file.write_text(SAFE)
    found = check_file(file, Context(), replace(BOUNDS, seconds=0.05))
    assert found.verdict is Verdict.REVIEW and "longer than" in found.not_checked[-1].why and not found.findings


def test_a_child_that_takes_too_much_memory_has_not_checked(tmp_path):
    file = tmp_path / "safe.csv"
    file.write_text(SAFE)
    found = check_file(file, Context(), replace(BOUNDS, memory=60 * 1024**2))
    assert found.verdict is Verdict.REVIEW and "crashed" in found.not_checked[-1].why


def test_a_file_that_is_too_large_is_not_opened(tmp_path):
    file = tmp_path / "safe.csv"
    file.write_text(SAFE)
    found = check_file(file, Context(), replace(BOUNDS, largest=10))
    assert found.verdict is Verdict.REVIEW and "larger" in found.not_checked[-1].why
