"""What one workspace is: who, which folders, which limits; and the engine's create call that makes it.

Pure: reads no file and no clock and asks nobody. `WorkspaceSpec.from_answer` reads what the desk allowed and
refuses whatever does not verify; `create_body` is the whole body of the engine's create call. The Hub has no say
in it beyond two names. That the folders are what they should be on disk is `workspaces.guard.folders`'.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from enclave.errors import Broken, Refused
from enclave.layout import (
    DATA,
    FIRST_PROJECT_GID,
    FIRST_WORKSPACE_UID,
    HOME,
    INWARD_SOCKET,
    PROJECT,
    SERVER_SOCKET,
    Layout,
)
from enclave.names import (
    DatasetName,
    DatasetVersion,
    PersonName,
    ProjectSlug,
    dataset_name,
    dataset_version,
    workspace_key,
)
from workspaces import confinement, seccomp

IMAGE = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)
RUNTIMES = ("runc", "runsc")
_LEAST_MEMORY = 128 << 20  # bytes; JupyterLab alone needs about 110 MB


@dataclass(frozen=True, order=True)
class Dataset:
    """One granted dataset, mounted read-only at `/data/<name>`."""

    name: DatasetName
    version: DatasetVersion

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


@dataclass(frozen=True)
class Limits:
    """What a workspace may use: bytes, processors, processes and threads, bytes of /tmp."""

    memory_bytes: int
    cpus: float
    pids: int
    tmp_bytes: int


@dataclass(frozen=True)
class WorkspaceSpec:
    """Everything that decides what a workspace is. `until` is when its authority ends, None for no end."""

    instance: str
    person: PersonName
    project: ProjectSlug
    uid: int
    gid: int
    datasets: tuple[Dataset, ...]
    limits: Limits
    until: datetime | None
    image: str
    runtime: str
    terminals: bool = False

    @property
    def key(self) -> str:
        return workspace_key(self.person, self.project)

    @property
    def container_name(self) -> str:
        return container_name(self.instance, self.person, self.project)

    @classmethod
    def from_answer(
        cls, instance: str, person: PersonName, project: ProjectSlug, answer: Mapping[str, Any], layout: Layout
    ) -> "WorkspaceSpec":
        """Read the desk's "allowed" answer; raise `Broken` where it does not verify.

        The desk is ours, but the guard is the last to look before the engine acts with root's power: an image by
        name, a mount from elsewhere, a uid of the machine's own is refused here whoever asked for it.
        """
        try:
            spec = cls(
                instance=instance,
                person=person,
                project=project,
                uid=whole(answer["uid"], FIRST_WORKSPACE_UID),
                gid=whole(answer["gid"], FIRST_PROJECT_GID),
                datasets=tuple(sorted(dataset_of(mount, layout) for mount in answer["mounts"])),
                limits=limits_of(answer["limits"]),
                until=_moment(answer["until"]),
                image=answer["image"],
                runtime=answer["runtime"],
                terminals=_flag(answer.get("terminals", False)),
            )
        except (KeyError, TypeError, ValueError, Refused) as error:
            raise Broken(f"the desk's answer for {person}/{project} cannot be read: {error!r}") from error
        refuse_unsound(spec.image, spec.runtime, spec.datasets)
        return spec


def refuse_unsound(image: Any, runtime: Any, datasets: tuple[Dataset, ...]) -> None:
    """Raise `Broken` for what no container of ours starts from."""
    if not (isinstance(image, str) and IMAGE.fullmatch(image)):
        raise Broken(f"the image is {image!r}, not an id such as sha256:...")
    if runtime not in RUNTIMES:
        raise Broken(f"the runtime is {runtime!r}, expected one of {RUNTIMES}")
    if len({dataset.name for dataset in datasets}) != len(datasets):
        raise Broken("two versions of one dataset cannot be mounted at one place")


def container_name(instance: str, person: PersonName, project: ProjectSlug) -> str:
    return f"{instance}-workspace-{workspace_key(person, project)}"


def create_body(spec: WorkspaceSpec, layout: Layout) -> dict[str, Any]:
    """The body of the engine's create call: the computed fields, then the profile over them."""
    limits = spec.limits
    config: dict[str, Any] = {
        "Image": spec.image,
        "User": f"{spec.uid}:{spec.gid}",
        "Env": [
            f"ENCLAVE_BASE_URL=/user/{spec.person}/{spec.project}/",
            *(["ENCLAVE_TERMINALS=1"] if spec.terminals else []),
        ],
        "Labels": labels(spec),
    }
    host: dict[str, Any] = {
        **confined(limits, spec.runtime),
        "Tmpfs": {
            "/tmp": f"rw,nosuid,nodev,mode=1777,size={limits.tmp_bytes},nr_inodes={confinement.TMP_FILES}"  # noqa: S108
        },
        "Mounts": _mounts(spec, layout),
    }
    return sealed(config, host, confinement.PROFILE)


def sealed(config: dict[str, Any], host: dict[str, Any], profile: Iterable[confinement.Line]) -> dict[str, Any]:
    """A create call of these fields, with the profile's over them."""
    parts = {"Config": config, "HostConfig": host}
    for line in profile:
        part, _, field = line.field.partition(".")
        parts[part][field] = line.value
    return {**config, "HostConfig": host}


def confined(limits: Limits, runtime: str) -> dict[str, Any]:
    """What bounds any container of ours in this runtime. No swap: what is over the memory is over."""
    return {
        "Memory": limits.memory_bytes,
        "MemorySwap": limits.memory_bytes,
        "NanoCpus": int(limits.cpus * 1e9),
        "PidsLimit": pids_of(limits.pids, runtime),
        "Runtime": runtime,
        "SecurityOpt": security(runtime),
    }


def security(runtime: str) -> list[str]:
    """Nobody gets more rights by a program that they run, and our list of system calls."""
    return [
        "no-new-privileges:true",
        f"seccomp={json.dumps(seccomp.profile(runtime), sort_keys=True)}",
    ]


def pids_of(pids: int, runtime: str) -> int:
    """What the engine is to count at most; see `confinement.GVISOR_OWN_PIDS`."""
    if runtime == "runsc":
        return pids * confinement.GVISOR_PIDS_EACH + confinement.GVISOR_OWN_PIDS
    return pids


def labels(spec: WorkspaceSpec) -> dict[str, str]:
    """What the guard reads from a running container when it compares it with what is allowed."""
    return {
        "enclave": spec.instance,
        "enclave.person": spec.person,
        "enclave.project": spec.project,
        "enclave.datasets": ",".join(str(dataset) for dataset in spec.datasets),
        "enclave.until": spec.until.isoformat() if spec.until else "",
        "enclave.image": spec.image,
        "enclave.user": f"{spec.uid}:{spec.gid}",
        "enclave.runtime": spec.runtime,
    }


def _mounts(spec: WorkspaceSpec, layout: Layout) -> list[dict[str, Any]]:
    writable = (
        (layout.home(spec.person, spec.project), HOME),
        (layout.project(spec.project), PROJECT),
        (layout.server_folder(spec.person, spec.project), str(Path(SERVER_SOCKET).parent)),
    )
    readonly = (
        (layout.inward_folder(spec.person, spec.project), str(Path(INWARD_SOCKET).parent)),
        *((layout.dataset(d.name, d.version), f"{DATA}/{d.name}") for d in spec.datasets),
    )
    return [bind(source, target, False) for source, target in writable] + [
        bind(source, target, True) for source, target in readonly
    ]


def bind(source: Path, target: str, readonly: bool) -> dict[str, Any]:
    """A bind mount that shows no other mount below its source (`ReadOnly` would not hold for those)."""
    return {
        "Type": "bind",
        "Source": str(source),
        "Target": target,
        "ReadOnly": readonly,
        "BindOptions": {"Propagation": "rprivate", "NonRecursive": True},
    }


def limits_of(limits: Mapping[str, Any]) -> Limits:
    """Raise `ValueError` or `KeyError` for limits that are none."""
    return Limits(
        whole(limits["memory_bytes"], _LEAST_MEMORY),
        processors(limits["cpus"]),
        whole(limits["pids"], 16),
        whole(limits["tmp_bytes"], 1 << 20),
    )


def dataset_of(mount: Mapping[str, Any], layout: Layout) -> Dataset:
    dataset = Dataset(dataset_name(mount["dataset"]), dataset_version(mount["version"]))
    if mount["source"] != str(layout.dataset(dataset.name, dataset.version)):
        raise ValueError(f"{dataset} would be mounted from {mount['source']!r}")
    if mount["target"] != f"{DATA}/{dataset.name}":
        raise ValueError(f"{dataset} would be mounted at {mount['target']!r}")
    return dataset


def whole(value: Any, least: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value < 1 << 62:
        raise ValueError(f"{value!r} is not a whole number of at least {least}")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is neither true nor false")
    return value


def processors(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0.01 <= value <= 4096:
        raise ValueError(f"{value!r} is not a number of processors")
    return float(value)


def _moment(value: Any) -> datetime | None:
    if value is None:
        return None
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone")
    return moment


def until_of(found: Mapping[str, str]) -> datetime | None:
    """When the authority of a container with these labels ends; a label that cannot be read has ended long ago."""
    try:
        return _moment(found.get("enclave.until", "unreadable") or None)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
