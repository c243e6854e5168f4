"""Every path below `ENCLAVE_ROOT`, and the numbers that own them. Paths are built here and nowhere else.

A service's container mounts only its own sub-folders (docker-compose.yml), at the same absolute path as on the
host, so one `Layout` serves host and containers alike.

    <root>/
      instance.env          what `make up` decided: instance name, ports, image ids (no secret)
      secrets/<service>/    one folder a service, mode 700
      database/             the enclave's SQLite file; desk only
      hub/                  JupyterHub's own database and state; Hub only
      gate/                 the gate's routes and state; gate only
      datasets/<name>/<version>/   registered data, read-only; bound into workspaces at /data/<name>
      projects/<slug>/      bound at /project for all members
      homes/<slug>/<person>/       bound at /home for one member in one project
      outputs/objects/<2>/<sha256> copies of submitted files, by digest; desk only
      outputs/incoming/     submissions still arriving; emptied when the desk starts
      sockets/<name>/       one folder a socket (a restarted server makes a new inode)
      sockets/workspaces/<key>/{server,inward}/
      logs/<key>/           what a workspace printed, kept after its container is gone
      demo/                 accounts.json and the demo's source data
"""

from dataclasses import dataclass
from pathlib import Path

from enclave.names import (
    DatasetName,
    DatasetVersion,
    Digest,
    PersonName,
    ProjectSlug,
    workspace_key,
)

# Owners of the services' files; each service runs as its own number in its container (uid == gid).
DESK_UID = 51001
HUB_UID = 51002
GATE_UID = 51003
IDP_UID = 51004
POSTGRES_UID = 51005
COURIER_UID = 51006
CHECK_UID = 51007  # of the container of the checks; its group is the desk's, whose stored files it reads

# A uid for each workspace and a gid for each project are counted up from here by the desk's database.
FIRST_WORKSPACE_UID = 200_000
FIRST_PROJECT_GID = 200_000

# Inside a workspace's container.
DATA = "/data"
PROJECT = "/project"
HOME = "/home"
SERVER_SOCKET = "/run/enclave/server/server.sock"
INWARD_SOCKET = "/run/enclave/inward/desk.sock"

# Inside a container of the checks, beside DATA.
SUBMISSION = "/submission"
EARLIER = "/earlier"


@dataclass(frozen=True)
class Layout:
    """The paths of one instance."""

    root: Path

    def secrets(self, service: str) -> Path:
        return self.root / "secrets" / service

    @property
    def database(self) -> Path:
        return self.root / "database" / "enclave.sqlite"

    @property
    def hub(self) -> Path:
        return self.root / "hub"

    @property
    def gate(self) -> Path:
        return self.root / "gate"

    @property
    def datasets(self) -> Path:
        return self.root / "datasets"

    def dataset(self, name: DatasetName, version: DatasetVersion) -> Path:
        return self.datasets / name / version

    @property
    def projects(self) -> Path:
        return self.root / "projects"

    def project(self, project: ProjectSlug) -> Path:
        return self.projects / project

    @property
    def homes(self) -> Path:
        return self.root / "homes"

    def home(self, person: PersonName, project: ProjectSlug) -> Path:
        return self.homes / project / person

    @property
    def incoming(self) -> Path:
        return self.root / "outputs" / "incoming"

    @property
    def objects(self) -> Path:
        return self.root / "outputs" / "objects"

    def object(self, digest: Digest) -> Path:
        return self.objects / digest[:2] / digest

    @property
    def sockets(self) -> Path:
        return self.root / "sockets"

    @property
    def hub_socket(self) -> Path:
        """The Hub listens, the gate connects."""
        return self.sockets / "hub" / "hub.sock"

    @property
    def control_socket(self) -> Path:
        """The gate listens, the Hub connects: routes, and readiness of workspaces."""
        return self.sockets / "control" / "control.sock"

    @property
    def guard_socket(self) -> Path:
        """The guard listens, the Hub connects: start, look at and stop a workspace."""
        return self.sockets / "guard" / "guard.sock"

    def desk_socket(self, caller: str) -> Path:
        """The desk listens on one socket for each of its callers: `hub`, `gate`, `guard`, `courier`."""
        return self.sockets / f"desk-{caller}" / "desk.sock"

    @property
    def workspace_sockets(self) -> Path:
        return self.sockets / "workspaces"

    def server_folder(self, person: PersonName, project: ProjectSlug) -> Path:
        """Where a workspace's JupyterLab makes `server.sock`; the workspace can write here."""
        return self.workspace_sockets / workspace_key(person, project) / "server"

    def inward_folder(self, person: PersonName, project: ProjectSlug) -> Path:
        """Where the gate listens on `desk.sock` for one workspace; read-only inside it."""
        return self.workspace_sockets / workspace_key(person, project) / "inward"

    def log_folder(self, person: PersonName, project: ProjectSlug) -> Path:
        return self.root / "logs" / workspace_key(person, project)

    @property
    def demo(self) -> Path:
        return self.root / "demo"
