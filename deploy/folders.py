"""The tree below ENCLAVE_ROOT: who owns each folder and who may enter it.

Each service mounts its own folders only (docker-compose.yml). A socket's folder belongs to the server's user and
the client's group, set-gid, so that the socket made in it carries the client's group by itself.
"""

import os
from typing import NamedTuple

from enclave.layout import COURIER_UID, DESK_UID, GATE_UID, HUB_UID, IDP_UID, POSTGRES_UID, Layout

ROOT = 0


class Folder(NamedTuple):
    """A folder below the root: owner's number, group's number, mode, and why."""

    path: str
    owner: int
    group: int
    mode: int
    why: str


FOLDERS: tuple[Folder, ...] = (
    Folder(".", ROOT, ROOT, 0o755, "everyone passes through; nothing readable lies here but instance.env"),
    Folder("secrets", ROOT, ROOT, 0o711, "services enter their own sub-folder by mount only"),
    Folder("secrets/hub", HUB_UID, HUB_UID, 0o700, "Hub only"),
    Folder("secrets/gate", GATE_UID, GATE_UID, 0o700, "gate only"),
    Folder("secrets/courier", COURIER_UID, COURIER_UID, 0o700, "the mail server's password: courier only"),
    Folder("database", DESK_UID, DESK_UID, 0o700, "the enclave's database: desk only"),
    Folder("hub", HUB_UID, HUB_UID, 0o700, "JupyterHub's own database: Hub only"),
    Folder("gate", GATE_UID, GATE_UID, 0o700, "the gate's routes: gate only"),
    Folder("outputs", DESK_UID, DESK_UID, 0o700, "submitted bytes: desk only"),
    Folder("outputs/incoming", DESK_UID, DESK_UID, 0o700, "submissions still arriving"),
    Folder("outputs/objects", DESK_UID, DESK_UID, 0o700, "copies by digest; a check is shown single ones"),
    Folder("datasets", ROOT, ROOT, 0o755, "written by the librarian; workspaces read what is mounted"),
    Folder("projects", ROOT, ROOT, 0o711, "the guard makes one folder a project"),
    Folder("homes", ROOT, ROOT, 0o711, "the guard makes one folder a member and project"),
    Folder("logs", ROOT, ROOT, 0o700, "what workspaces printed, and the builds"),
    Folder("sockets", ROOT, ROOT, 0o755, "one folder a socket"),
    Folder("sockets/hub", HUB_UID, GATE_UID, 0o2750, "Hub listens, gate connects"),
    Folder("sockets/control", GATE_UID, HUB_UID, 0o2750, "gate listens, Hub connects"),
    Folder("sockets/guard", ROOT, HUB_UID, 0o2750, "guard listens, Hub connects"),
    Folder("sockets/desk-hub", DESK_UID, HUB_UID, 0o2750, "desk listens, Hub connects"),
    Folder("sockets/desk-gate", DESK_UID, GATE_UID, 0o2750, "desk listens, gate connects"),
    Folder("sockets/desk-guard", DESK_UID, ROOT, 0o2750, "desk listens, guard connects"),
    Folder("sockets/desk-courier", DESK_UID, COURIER_UID, 0o2750, "desk listens, courier connects"),
    Folder("sockets/workspaces", ROOT, GATE_UID, 0o751, "the guard makes one folder a workspace"),
    Folder("sockets/postgres", POSTGRES_UID, DESK_UID, 0o2750, "PostgreSQL listens, desk connects"),
    Folder("postgres", POSTGRES_UID, POSTGRES_UID, 0o700, "PostgreSQL's own files"),
    Folder("tls", ROOT, GATE_UID, 0o750, "certificate and key, put there by the operator; the gate reads them"),
    Folder("demo", ROOT, ROOT, 0o755, "the demo's source data and accounts"),
    Folder("demo/idp", IDP_UID, IDP_UID, 0o700, "the demo's identity provider"),
)


def ensure(layout: Layout) -> None:
    """Make every folder with its owner and mode, and put right what differs; contents are never touched."""
    for folder in FOLDERS:
        path = layout.root / folder.path
        path.mkdir(parents=True, exist_ok=True)
        found = path.stat()
        if (found.st_uid, found.st_gid) != (folder.owner, folder.group):
            os.chown(path, folder.owner, folder.group)
        if found.st_mode & 0o7777 != folder.mode:
            path.chmod(folder.mode)
