"""A page for each automatic check, from its registration and a run of its example; docs/tables.py writes them."""

import json
from collections.abc import Iterable

from docs.markdown import code, table
from output_review.checks.findings import Finding
from output_review.checks.parts import Part, Skipped
from output_review.checks.registry import Check, Context, registered

_ROWS = 4


def pages() -> dict[str, str]:
    """Path below docs/ → text, for every check there is, and the table that leads to them."""
    made = {f"checks/{check.name}.md": page(check) for check in registered()}
    return made | {"checks/all.md": _all(), "../output_review/rules.json": rules()}


def rules() -> str:
    """`output_review/rules.json`: of each check its title and what its rules advise."""
    told = {one.name: {"title": one.title, "rules": {r.name: r.advice for r in one.rules}} for one in registered()}
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def page(check: Check) -> str:
    """Rules, formulas, sources, an executed example, and what the check cannot see."""
    needs = ", ".join(sorted(check.needs)) or "the file only"
    rules = ((code(r.name), r.severity, r.formula, r.source, r.advice) for r in check.rules)
    return (
        "\n\n".join(
            (
                f"# {check.title}",
                f"Check `{check.name}`. It reads: {_read(check)}. It needs: {needs}.",
                "## Rules",
                table(("rule", "severity", "unsafe when", "source", "what to do"), rules),
                "## What it cannot see",
                f"{check.cannot_see[0].upper()}{check.cannot_see[1:]}.",
                "## Example",
                _example(check),
            )
        )
        + "\n"
    )


def _read(check: Check) -> str:
    return "every form" if len(check.reads) > 10 else ", ".join(sorted(check.reads))


def _example(check: Check) -> str:
    part = check.example()
    shown = _shown(part)
    if check.needs:
        return f"{shown}\n\nWhat is found in it depends on the granted data."
    try:
        found = list(check.look(part, Context()))
    except Skipped as reason:
        return f"{shown}\n\nNot checked: {reason}."
    return f"{shown}\n\n{_finding(check, found)}"


def _shown(part: Part) -> str:
    """The first rows of a table, or the text, or what was told of the part."""
    if part.sheet is not None and part.sheet.count():
        rows = list(part.sheet.rows(0, _ROWS))
        more = part.sheet.count() - len(rows)
        lines = table([name or " " for name in part.sheet.columns], rows)
        return lines + (f"\n\nand {more:,} more rows." if more else "")
    if part.text:
        return f"```\n{part.text}\n```"
    return f"`{part.name}`: {'; '.join(f'{name} {value}' for name, value in part.facts)}."


def _finding(check: Check, found: Iterable[Finding]) -> str:
    first = next(iter(found))
    text = json.dumps(first.to_json(check.name), indent=1, ensure_ascii=False)
    return f"Run, it finds:\n\n```json\n{text}\n```"


def _all() -> str:
    rows = (
        (f"[{check.title}]({check.name}.md)", code(check.name), ", ".join(code(rule.name) for rule in check.rules),
         ", ".join(sorted(check.needs)) or "the file only")
        for check in registered()
    )  # fmt: skip
    return (
        "\n\n".join(
            (
                "# Every check",
                "[What the checks are, and how to run them](README.md).",
                table(("check", "name", "rules", "needs"), rows),
            )
        )
        + "\n"
    )
