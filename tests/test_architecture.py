"""The structure shows in the folders, and stays that way."""

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ["enclave", "data_mounts", "workspaces", "output_review"]
FOLDERS = {
    ".ci", "benchmarks", "bin", "data_mounts", "demo", "deploy", "docs", "enclave", "extensions", "images", "locks",
    "output_review", "tests", "workspaces",
}  # fmt: skip
PURE = [
    "data_mounts/access.py", "data_mounts/mounts.py", "output_review/lifecycle.py", "output_review/policy.py",
    "output_review/sight.py", "output_review/tally.py", "output_review/telling.py", "output_review/vocabulary.py",
    "output_review/words.py", "workspaces/spec.py", "workspaces/check_spec.py", "output_review/reports.py",
    "workspaces/budget.py", "workspaces/standing.py", "workspaces/gate/banners.py", "data_mounts/changes.py",
    "workspaces/gate/meter/frames.py", "workspaces/gate/meter/kinds.py", "workspaces/gate/meter/memory.py",
    "workspaces/gate/meter/messages.py", "workspaces/gate/meter/pace.py", "workspaces/gate/meter/policy.py",
    "workspaces/gate/meter/replace.py", "workspaces/gate/meter/shapes.py", "workspaces/gate/meter/window.py",
    "workspaces/confinement.py", "enclave/names.py", "enclave/errors.py", "enclave/layout.py",
    "output_review/behalf.py", "output_review/evidence.py", "output_review/pins.py", "output_review/rules.py",
]  # fmt: skip
HEAVY = {"sqlalchemy", "jupyterhub", "docker", "aiodocker", "tornado", "aiohttp", "alembic"}


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=True
    )
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def test_every_folder_at_the_top_is_a_room_that_the_design_names():
    assert {file.relative_to(ROOT).parts[0] for file in tracked() if file.parent != ROOT} == FOLDERS


def test_no_stray_module_lies_at_the_top():
    assert {file.name for file in tracked() if file.parent == ROOT and file.suffix == ".py"} == {
        "jupyterhub_config.py"
    }


def test_the_hubs_front_door_is_short():
    assert len((ROOT / "jupyterhub_config.py").read_text().splitlines()) < 50


def test_no_source_file_is_over_three_hundred_lines():
    long = [
        str(f.relative_to(ROOT))
        for f in tracked()
        if f.suffix in (".py", ".ts", ".tsx") and len(f.read_text().splitlines()) > 300
    ]
    assert long == []


def imported_by(file: Path) -> set[str]:
    """The top-level packages that a file imports."""
    names: list[str] = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("name", PURE)
def test_a_pure_file_imports_no_framework(name):
    assert not imported_by(ROOT / name) & HEAVY


def test_no_assert_guards_anything_in_our_packages():
    """`python -O` removes asserts; a rule must not vanish with them."""
    found = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in tracked()
        if file.suffix == ".py" and file.relative_to(ROOT).parts[0] in PACKAGES
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Assert)
    ]
    assert found == []


def test_lock_files_name_packages_with_hashes_and_no_host():
    for lock in (ROOT / "locks").glob("*.txt"):
        text = lock.read_text()
        assert "--hash=sha256:" in text, lock.name
        assert "index-url" not in text and "://" not in text, lock.name


def test_no_tracked_file_names_a_folder_of_the_machine_it_was_written_on():
    machine = str(ROOT) + "/"
    found = [
        str(f.relative_to(ROOT))
        for f in tracked()
        if f.suffix in (".py", ".md", ".txt", ".yml", ".json", ".toml", ".sh", "")
        and machine.encode() in f.read_bytes()
    ]
    assert found == []


def test_extensions_import_none_of_ours():
    for file in tracked():
        if file.relative_to(ROOT).parts[0] == "extensions" and file.suffix == ".py":
            assert not imported_by(file) & set(PACKAGES), file
