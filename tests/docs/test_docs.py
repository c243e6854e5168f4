"""What the pages say is there: links, tests, functions, settings, events, verbs, commands, tables."""

import ast
import importlib.util
import re
import shlex
from pathlib import Path

import click
import pytest

from deploy.instance import OWN_DEFAULTS
from enclave.cli import cli
from enclave.people import Role
from enclave.settings import HELP

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
PACKAGES = ("enclave", "data_mounts", "workspaces", "output_review")
ON_THE_HOST = {"dataset verify"}  # a verb of deploy/wrapper.py, see docs/cli.md


def tables():
    spec = importlib.util.spec_from_file_location("docs_tables", DOCS / "tables.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def names_in(file: Path) -> set[str]:
    """The functions and classes of a file, methods as `Class::method`."""
    names = set()
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            methods = (one for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))
            names |= {f"{node.name}::{one.name}" for one in methods}
    return names


def headings(text: str) -> set[str]:
    """The anchors of a page, as GitHub makes them."""
    lines = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}


def audit_events() -> list[str]:
    """The values of every closed vocabulary of audit events, whichever room it is in."""
    found = []
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.ClassDef) and node.name.endswith("Event") and is_vocabulary(node):
                    values = (one.value for one in node.body if isinstance(one, ast.Assign))
                    found += [value.value for value in values if isinstance(value, ast.Constant)]
    return found


def is_vocabulary(node: ast.ClassDef) -> bool:
    return any(isinstance(base, ast.Name) and base.id == "StrEnum" for base in node.bases)


def commands() -> list[str]:
    """Every `enclave ...` in a shell block or in inline code of the pages, with continued lines joined."""
    found = []
    for page in PAGES:
        text = page.read_text().replace("\\\n", " ")
        for block in re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            found += [line for line in block.splitlines() if line.startswith("enclave ")]
        found += [" ".join(words.split()) for words in re.findall(r"(?<!`)`(enclave [^`]+)`", text)]
    return sorted(set(found))


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.md"], ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if link.startswith(("http://", "https://")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.relative_to(ROOT)} links to {link}, which is not there"
        assert not anchor or anchor in headings(target.read_text()), f"{link}: there is no such heading"


def test_every_test_and_function_that_the_threat_model_names_exists():
    named = re.findall(r"`([\w./-]+\.py)::([\w:]+)`", (DOCS / "threat-model.md").read_text())
    assert len(named) > 80
    missing = [f"{file}::{name}" for file, name in named if name not in names_in(ROOT / file)]
    assert missing == []


def test_every_claim_of_the_threat_model_names_a_test():
    text = (DOCS / "threat-model.md").read_text().partition("## The tables behind these claims")[0]
    claims = [
        line for line in text.splitlines() if line.startswith("| ") and not line.startswith(("| claim", "| --"))
    ]
    assert len(claims) > 50
    attacked = re.compile(r"`(?:tests/|[a-z0-9-]+`)")  # a test, or an attack by its name (tests/attacks)
    assert [line for line in claims if attacked.search(line.split(" | ")[-1]) is None] == []


@pytest.mark.parametrize("page", ["threat-model.md", "operations.md"])
def test_every_file_that_is_named_exists(page):
    files = re.findall(r"`((?:[a-z_]+/)+[\w-]+\.py|docker-compose\.yml)\b", (DOCS / page).read_text())
    assert [file for file in files if not (ROOT / file).exists()] == []


def test_files_that_the_tour_names_exist():
    """It writes them as one says them within their room: `gate/paths.py`, `store.py`."""
    named = set(re.findall(r"`([\w/-]+\.(?:py|ts|tsx|yml|toml))`", (DOCS / "tour.md").read_text()))
    rooms = (*PACKAGES, "deploy", "demo", "tests", "extensions/src", "extensions/enclave_review")
    files = [*ROOT.glob("*"), *(file for room in rooms for file in (ROOT / room).rglob("*.*"))]
    there = [str(file) for file in files]
    assert len(named) > 30
    assert [name for name in named if not any(path.endswith("/" + name) for path in there)] == []


@pytest.mark.parametrize("role", ["researcher", *Role])
def test_every_role_has_its_page_with_a_first_task_and_what_to_do_when_refused(role):
    found = headings((DOCS / "roles" / f"{role}.md").read_text())
    assert {"what-you-can-do", "what-the-words-mean", "when-you-are-refused"} <= found
    assert any(name.startswith("your-first-") for name in found)
    assert f"docs/roles/{role}.md" in (ROOT / "README.md").read_text()


def test_every_setting_has_its_line():
    text = (DOCS / "operations.md").read_text()
    assert [name for name in (*HELP, *OWN_DEFAULTS) if f"| `{name}` |" not in text] == []


def test_every_audit_event_has_one_line_with_its_meaning():
    text = (DOCS / "audit-events.md").read_text()
    events = audit_events()
    assert len(events) > 25
    lines = re.findall(r"^\| `([a-z.-]+)` \| .+ \|$", text, re.MULTILINE)
    assert sorted(lines) == sorted(events)


def test_every_verb_has_its_heading():
    text = (DOCS / "cli.md").read_text()
    top = click.Context(cli)
    for noun in cli.list_commands(top):
        command = cli.get_command(top, noun)
        assert f"\n## {noun}\n" in text
        for verb in command.commands if isinstance(command, click.Group) else ():
            assert f"\n### {noun} {verb}\n" in text
    assert all(f"\n### {words}\n" in text for words in ON_THE_HOST)


@pytest.mark.parametrize("line", commands())
def test_every_command_in_the_pages_is_one(line):
    words = shlex.split(line.partition(" > ")[0].replace("…", "x"))[1:]
    if " ".join(words[:2]) in ON_THE_HOST or words[0].isupper() or words[0].startswith("<"):
        return
    command = cli.get_command(click.Context(cli), words.pop(0))
    assert command is not None, f"{line}: there is no such noun"
    if isinstance(command, click.Group):
        assert words and words[0] in command.commands, f"{line}: there is no such verb"
        command = command.commands[words.pop(0)]
    if not words and any(one.required for one in command.params):
        return  # the verb is only named
    if "--from" in words:  # a word of deploy/wrapper.py
        del words[words.index("--from") : words.index("--from") + 2]
    command.make_context(command.name, words)


@pytest.mark.parametrize("page", tables().TABLES)
def test_tables_say_what_the_code_says(page):
    assert (DOCS / page).read_text() == tables().fresh(page), "run `python docs/tables.py --write`"


def test_every_check_has_its_page_made_from_its_registration():
    pages = tables().pages()
    stale = [
        page for page, text in pages.items() if not (DOCS / page).exists() or (DOCS / page).read_text() != text
    ]
    assert len(pages) > 15 and stale == [], "run `python docs/tables.py --write`"


def test_a_page_without_a_place_for_its_table_is_refused(tmp_path, monkeypatch):
    made = tables()
    monkeypatch.setattr(made, "DOCS", tmp_path)
    (tmp_path / "cli.md").write_text("# Command line\n")
    with pytest.raises(ValueError, match="no place for the table 'verbs'"):
        made.fresh("cli.md")
