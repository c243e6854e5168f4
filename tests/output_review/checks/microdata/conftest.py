"""One table of people for a module's tests, on disk and indexed."""

import pytest

from tests.output_review.checks.microdata import data


@pytest.fixture(scope="session")
def columns():
    return data.people()


@pytest.fixture(scope="session")
def folder(columns, tmp_path_factory):
    return data.write(tmp_path_factory.mktemp("granted") / "people", columns)


@pytest.fixture(scope="session")
def table(folder, tmp_path_factory):
    return data.indexed(folder, tmp_path_factory.mktemp("scratch") / "store")
