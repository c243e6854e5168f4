"""The demo's data and notebooks, in a container as narrow as a workspace: no network, read-only root, 2 GB."""

import subprocess
import time
from pathlib import Path

import pandas as pd
import pytest

from demo.seed import REPOSITORY
from tests.running import Stack, stack

__all__ = ["stack"]
pytestmark = pytest.mark.stack
NARROW = ["--rm", "--network=none", "--read-only", "--cap-drop=ALL", "--memory=2g", "--cpus=2", "--tmpfs=/tmp"]


def run(stack: Stack, *arguments: str) -> None:
    image = f"{stack.instance}/workspace:latest"
    where = [word for word in arguments if word.startswith("--")]
    what = [word for word in arguments if not word.startswith("--")]
    command = ["docker", "run", *NARROW, *where, image, *what]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def data(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The three datasets, written as the seeding does."""
    folder = tmp_path_factory.mktemp("data")
    mounts = [f"--volume={folder}:/out", f"--volume={REPOSITORY / 'demo'}:/demo:ro", "--user=0:0"]
    run(stack, *mounts, "python3", "-B", "/demo/datasets.py", "/out")
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    folder.chmod(0o777)
    return folder


def execute(stack: Stack, data: Path, project: Path, name: str, *datasets: str) -> float:
    """Run a notebook to its end; return the seconds that it took."""
    (project / name).write_bytes((REPOSITORY / "demo" / "notebooks" / name).read_bytes())
    (project / name).chmod(0o666)
    mounts = [f"--volume={data / dataset}:/data/{dataset}:ro" for dataset in datasets]
    mounts += [f"--volume={project}:/project", "--workdir=/project", "--user=200001:200001", "--env=HOME=/tmp"]
    began = time.monotonic()
    run(stack, *mounts, "sh", "-c", f"jupyter nbconvert --to notebook --execute --inplace {name}")
    return time.monotonic() - began


def test_the_real_datasets_are_complete(data: Path) -> None:
    wdbc = pd.read_parquet(data / "wdbc" / "wdbc.parquet")
    assert len(wdbc) == 569 and wdbc["id"].is_unique
    assert wdbc["diagnosis"].value_counts().to_dict() == {"benign": 357, "malignant": 212}
    diabetes = pd.read_parquet(data / "diabetes" / "diabetes.parquet")
    assert len(diabetes) == 442 and diabetes["id"].is_unique
    assert diabetes["age"].between(19, 79).all(), "in years, not scaled"
    for name, table in (("wdbc", wdbc), ("diabetes", diabetes)):
        pd.testing.assert_frame_equal(pd.read_csv(data / name / f"{name}.csv"), table, check_dtype=False)
        readme = (data / name / "README.md").read_text()
        assert all(column in readme for column in ("id", table.columns[-1].split("_")[0]))


def test_the_tumour_notebook_writes_a_small_table_without_small_counts(
    stack: Stack, data: Path, project: Path
) -> None:
    assert execute(stack, data, project, "tumour-ml.ipynb", "wdbc") < 60
    performance = pd.read_csv(project / "results" / "performance.csv")
    assert len(performance) == 2
    assert (performance["auc"] > 0.97).all()
    assert (performance[["biopsies_rounded", "malignant_rounded"]] % 10 == 0).all(axis=None)
    assert "570 biopsies" in (project / "results" / "performance.md").read_text()


def test_the_diabetes_notebook_suppresses_every_small_group(stack: Stack, data: Path, project: Path) -> None:
    assert execute(stack, data, project, "diabetes-care.ipynb", "claims", "diabetes") < 60
    costs = pd.read_csv(project / "results" / "costs_by_age_and_region.csv")
    suppressed = costs["note"] == "suppressed"
    assert suppressed.any() and not suppressed.all()
    assert costs.loc[suppressed, ["people_rounded", "mean_cost_eur"]].isna().all(axis=None)
    assert (costs.loc[~suppressed, "people_rounded"] >= 10).all(), "eleven is rounded to ten"
    model = pd.read_csv(project / "results" / "cost_model.csv", index_col="of")
    assert model.loc["diabetes", "low"] > 1, "diabetes raises the cost"
    assert len(pd.read_csv(project / "results" / "progression_model.csv")) == 10
