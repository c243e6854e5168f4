"""`docs/attack-report.md` is about the attacks that are there: it is written by `make attack`, not by hand."""

import re

from tests.attacks.claims import ROOT, registry


def test_the_report_names_every_mechanism_and_each_was_stopped_under_both_runtimes() -> None:
    """A mechanism that is added, renamed or taken out asks for `make attack`."""
    report = (ROOT / "docs" / "attack-report.md").read_text()
    assert re.findall(r"^\| `([a-z0-9-]+)` \|", report, re.M) == sorted({claim.mechanism for claim in registry()})
    assert "NOT STOPPED" not in report and "not run" not in report
