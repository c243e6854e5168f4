"""The checks in the workspace's image: the desk's own code and libraries, and none of its database or pages."""

import io
import re
import subprocess
import sys
import tarfile

import pytest

from deploy import context, images

# The environment of the tests finds the repository by a finder of its own; without it the copy has to be whole.
LOOK = """
import sys
sys.meta_path = [one for one in sys.meta_path if "editable" not in getattr(one, "__module__", "")]
sys.path.insert(0, sys.argv[1])
from importlib import import_module
from pkgutil import walk_packages
import output_review.checks as checks
names = [one.name for one in walk_packages(checks.__path__, "output_review.checks.")]
names += ["output_review.readers." + name for name in ("delimited", "workbook", "columnar", "records", "graphs")]
for name in names:
    if not name.endswith("__main__"):
        import_module(name)
for name, module in sorted(sys.modules.items()):
    if name.split(".")[0] in ("enclave", "output_review", "data_mounts", "workspaces"):
        assert module.__file__.startswith(sys.argv[1]), name
    print(name)
"""


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    folder = tmp_path_factory.mktemp("image")
    with tarfile.open(fileobj=io.BytesIO(context.make(images.WORKSPACE.parts, "parent").archive)) as archive:
        archive.extractall(folder, filter="data")
    return folder / "source"


def test_the_copy_is_whole_and_loads_nothing_of_the_desk(copied):
    done = subprocess.run([sys.executable, "-I", "-c", LOOK, str(copied)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert "output_review.checks.microdata.rows_of_data" in loaded
    assert not loaded & {"sqlalchemy", "aiohttp", "jinja2", "alembic", "click", "output_review.web"}


def test_no_table_page_or_rule_of_the_review_lies_in_a_workspace(copied):
    files = {str(file.relative_to(copied)) for file in copied.rglob("*.py")}
    assert "output_review/checks/__main__.py" in files and "enclave/errors.py" in files
    besides = {file for file in files if not file.startswith(("output_review/checks/", "output_review/readers/"))}
    assert len(besides) == 9 and not [file for file in besides if re.search("table|store|web|voting|steps", file)]


def test_the_libraries_are_the_desks_own_versions():
    def versions(name):
        return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (context.REPOSITORY / "locks" / name).read_text(), re.M))

    desk, workspace = versions("platform.txt"), versions("workspace.txt")
    needed = {"cryptography", "defusedxml", "duckdb", "lxml", "numpy", "onnx", "pillow", "puremagic", "pyarrow",
              "pypdf", "pyroaring", "python-calamine", "scipy"}  # fmt: skip
    assert needed <= set(workspace)
    assert {name: workspace[name] for name in needed} == {name: desk[name] for name in needed}
