"""The committed wheel: made from the sources of today, and installable by people without Node."""

import re
import runpy
import zipfile
from pathlib import Path

import pytest

from tests.extensions.conftest import EXTENSIONS


@pytest.fixture
def archive(wheel: Path):
    with zipfile.ZipFile(wheel) as archive:
        yield archive


def test_the_wheel_was_built_from_the_present_sources(archive: zipfile.ZipFile):
    recorded = set(archive.read("enclave_review/built_from.sha256").decode().splitlines())
    present = set(runpy.run_path(str(EXTENSIONS / "sources.py"))["built_from"]().splitlines())
    changed = sorted(line.split("  ")[1] for line in recorded ^ present)
    assert not changed, f"changed since the wheel was built (run make -C extensions wheel): {sorted(set(changed))}"


def test_the_shipped_server_half_is_the_source(archive: zipfile.ZipFile):
    for source in (EXTENSIONS / "enclave_review").glob("*.py"):
        assert archive.read(f"enclave_review/{source.name}") == source.read_bytes()


def test_everything_needed_is_inside_and_it_is_small(archive: zipfile.ZipFile, wheel: Path):
    names = " ".join(archive.namelist())
    assert "data/share/jupyter/labextensions/@enclave/review/static/remoteEntry." in names
    assert "data/share/jupyter/labextensions/@enclave/review/schemas/@enclave/review/plugin.json" in names
    assert "data/etc/jupyter/jupyter_server_config.d/enclave_review.json" in names
    assert wheel.stat().st_size < 60_000


def test_the_versions_agree(archive: zipfile.ZipFile, wheel: Path):
    version = wheel.name.split("-")[1]
    assert f'__version__ = "{version}"' in (EXTENSIONS / "enclave_review" / "__init__.py").read_text()
    assert f'"version": "{version}"' in (EXTENSIONS / "package.json").read_text()


def test_no_address_of_any_registry_is_in_the_lock_file():
    assert re.findall(r"https?:", (EXTENSIONS / "yarn.lock").read_text()) == []


def test_no_remote_address_is_contacted_by_the_page(archive: zipfile.ZipFile):
    """Names of formats (an SVG's namespace) are the only addresses in the scripts."""
    for name in archive.namelist():
        if name.endswith(".js"):
            found = set(re.findall(r"https?://[\w./-]+", archive.read(name).decode()))
            assert found <= {"http://www.w3.org/2000/svg"}, name
