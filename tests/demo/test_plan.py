"""The demo's people and plan agree with each other and with what the enclave calls its roles."""

import nbformat

from demo.people import GROUPS, PEOPLE, of_name
from demo.plan import DATASETS, PROJECTS
from demo.seed import REPOSITORY
from enclave.names import dataset_name, person_name, project_slug
from enclave.people import Role
from enclave.settings import Settings


def test_every_platform_role_has_its_group_and_somebody_in_it() -> None:
    settings = Settings.from_env({})
    assert {
        Role.ADMIN: settings.group_admin,
        Role.OUTPUT_CHECKER: settings.group_output_checker,
        Role.DATA_CONTROLLER: settings.group_data_controller,
        Role.AUDITOR: settings.group_auditor,
    } == GROUPS
    assert {person.role for person in PEOPLE} - {""} == set(GROUPS)


def test_nobody_checks_or_administers_a_project_they_belong_to() -> None:
    assert not [person.name for person in PEOPLE if person.role and person.projects]


def test_names_are_ones_that_the_enclave_accepts() -> None:
    assert [person_name(person.name) for person in PEOPLE]
    assert [project_slug(project.slug) for project in PROJECTS]
    assert [dataset_name(dataset.name) for dataset in DATASETS]


def test_a_lead_is_a_member_and_members_belong_to_real_projects() -> None:
    assert all(project.slug in of_name(project.lead).projects for project in PROJECTS)
    assert {slug for person in PEOPLE for slug in person.projects} == {project.slug for project in PROJECTS}


def test_each_dataset_is_granted_to_one_project_and_has_a_data_controller() -> None:
    granted = [name for project in PROJECTS for name in project.datasets]
    assert sorted(granted) == sorted(dataset.name for dataset in DATASETS)
    assert all(of_name(dataset.controller).role == "data-controller" for dataset in DATASETS)


def test_each_project_has_a_valid_notebook_without_outputs() -> None:
    for project in PROJECTS:
        notebook = nbformat.read(REPOSITORY / "demo" / "notebooks" / project.notebook, 4)
        nbformat.validate(notebook)
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        assert len(code) > 5
        assert not [cell for cell in code if cell.outputs or cell.execution_count]
        assert all(f"/data/{name}" in str(notebook) for name in project.datasets)
