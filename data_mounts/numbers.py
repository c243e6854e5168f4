"""Numbers that the kernel knows workspaces and projects by: counted up, never given twice."""

from sqlalchemy import func, insert, select
from sqlalchemy.engine import Connection

from data_mounts.events import Event
from data_mounts.tables import projects, workspace_uids
from enclave import audit
from enclave.clock import now
from enclave.layout import FIRST_PROJECT_GID, FIRST_WORKSPACE_UID
from enclave.names import PersonName, ProjectSlug
from enclave.people import people


def next_gid(connection: Connection) -> int:
    """The gid of the project that is about to be made; project rows are never deleted."""
    highest = connection.execute(select(func.max(projects.c.gid))).scalar_one()
    return FIRST_PROJECT_GID if highest is None else int(highest) + 1


def allocate_uid(connection: Connection, person: PersonName, project: ProjectSlug) -> int:
    """The uid of this person's workspace in this project, made at first need, the same for ever after."""
    person_id = connection.execute(select(people.c.id).where(people.c.name == person)).scalar_one()
    project_id = connection.execute(select(projects.c.id).where(projects.c.slug == project)).scalar_one()
    mine = workspace_uids.c.person_id == person_id, workspace_uids.c.project_id == project_id
    existing = connection.execute(select(workspace_uids.c.uid).where(*mine)).scalar_one_or_none()
    if existing is not None:
        return int(existing)
    highest = connection.execute(select(func.max(workspace_uids.c.uid))).scalar_one()
    uid = FIRST_WORKSPACE_UID if highest is None else int(highest) + 1
    connection.execute(
        insert(workspace_uids).values(uid=uid, person_id=person_id, project_id=project_id, allocated=now())
    )
    audit.record(
        connection, "system:desk", Event.UID_ALLOCATED, f"project:{project}", {"person": person, "uid": uid}
    )
    return uid
