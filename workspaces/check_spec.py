"""What one container of the automatic checks is: which stored files, datasets, limits; and its create call.

Pure, like `spec`, whose refusals are its own. The desk says what is due; nobody else can. All that it sees it can
only read, and it writes to its memory alone.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from enclave.errors import Broken, Refused
from enclave.layout import CHECK_UID, DATA, DESK_UID, EARLIER, SUBMISSION, Layout
from enclave.names import Digest, digest
from workspaces import confinement
from workspaces.spec import (
    Dataset,
    Limits,
    bind,
    confined,
    dataset_of,
    limits_of,
    refuse_unsound,
    sealed,
    whole,
)

LONGEST_SECONDS = 4 * 3600
MOST_FILES = 1000
PLACES = ("", ".", "..")  # what a step of a path must not be
_LONGEST_NAME = 255  # bytes, as file systems count
_WORD = re.compile(r"[a-z_]{1,40}", re.ASCII)


@dataclass(frozen=True)
class Stored:
    """One file on the desk's disk, shown as `<number>/<name>`."""

    number: int
    name: str
    sha256: Digest


@dataclass(frozen=True)
class CheckSpec:
    """Everything that decides what a run's container is. `seconds` bounds it by the clock."""

    instance: str
    run: int
    files: tuple[Stored, ...]
    earlier: tuple[Stored, ...]
    left_out: int
    datasets: tuple[Dataset, ...]
    thresholds: Mapping[str, int]
    limits: Limits
    seconds: int
    image: str
    runtime: str

    @property
    def container_name(self) -> str:
        return f"{self.instance}-check-{self.run}"

    @classmethod
    def from_answer(cls, instance: str, answer: Mapping[str, Any], layout: Layout) -> "CheckSpec":
        """Read what the desk says is due; raise `Broken` where it does not verify."""
        try:
            spec = cls(
                instance=instance,
                run=whole(answer["run"], 1),
                files=_stored(answer["files"], layout),
                earlier=_stored(answer["earlier"], layout),
                left_out=whole(answer["left_out"], 0),
                datasets=tuple(sorted(dataset_of(mount, layout) for mount in answer["mounts"])),
                thresholds={_word(name): whole(value, 0) for name, value in answer["thresholds"].items()},
                limits=limits_of(answer["limits"]),
                seconds=whole(answer["limits"]["seconds"], 1),
                image=answer["image"],
                runtime=answer["runtime"],
            )
        except (AttributeError, KeyError, TypeError, ValueError, Refused) as error:
            raise Broken(f"what the desk says of a check cannot be read: {error!r}") from error
        refuse_unsound(spec.image, spec.runtime, spec.datasets)
        if not spec.files or spec.seconds > LONGEST_SECONDS:
            raise Broken("a check is of at least one file, and ends")
        return spec


def create_body(spec: CheckSpec, layout: Layout) -> dict[str, Any]:
    """The body of the engine's create call: the computed fields, then the profile over them."""
    limits = spec.limits
    task = json.dumps({"thresholds": spec.thresholds, "left_out": spec.left_out})
    config: dict[str, Any] = {
        "Image": spec.image,
        "User": f"{CHECK_UID}:{DESK_UID}",
        "Env": [],
        "Cmd": [*confinement.CHECK_COMMAND, task],
        "Labels": {
            "enclave": spec.instance,
            "enclave.check": str(spec.run),
            "enclave.image": spec.image,
            "enclave.runtime": spec.runtime,
        },
    }
    host: dict[str, Any] = {
        **confined(limits, spec.runtime),
        "Tmpfs": {
            "/tmp": f"rw,noexec,nosuid,nodev,mode=1777,size={limits.tmp_bytes},"  # noqa: S108
            f"nr_inodes={confinement.TMP_FILES}"
        },
        "Mounts": _mounts(spec, layout),
    }
    return sealed(config, host, confinement.CHECK_PROFILE)


def _mounts(spec: CheckSpec, layout: Layout) -> list[dict[str, Any]]:
    """Nothing that can be written."""
    files = [(one, f"{SUBMISSION}/{one.number}/{one.name}") for one in spec.files]
    files += [(one, f"{EARLIER}/{one.number}/{one.name}") for one in spec.earlier]
    return [
        *(bind(layout.dataset(one.name, one.version), f"{DATA}/{one.name}", True) for one in spec.datasets),
        *(bind(layout.object(one.sha256), target, True) for one, target in files),
    ]


def _stored(given: Any, layout: Layout) -> tuple[Stored, ...]:
    if not isinstance(given, list) or len(given) > MOST_FILES:
        raise ValueError(f"at most {MOST_FILES} files are expected")
    found = tuple(_one(item, layout) for item in given)
    if len({one.number for one in found}) != len(found):
        raise ValueError("two files have one number")
    return found


def _one(item: Mapping[str, Any], layout: Layout) -> Stored:
    stored = Stored(whole(item["number"], 1), _name(item["name"]), digest(item["sha256"]))
    if item["source"] != str(layout.object(stored.sha256)):
        raise ValueError(f"{stored.sha256} would be mounted from {item['source']!r}")
    return stored


def _name(value: Any) -> str:
    """A name that is one step of a path and nothing else."""
    plain = isinstance(value, str) and value.isprintable() and value not in PLACES and "/" not in value
    if not plain or len(value.encode()) > _LONGEST_NAME:
        raise ValueError(f"{value!r} is no name of a file")
    return str(value)


def _word(value: Any) -> str:
    if not isinstance(value, str) or not _WORD.fullmatch(value):
        raise ValueError(f"{value!r} is no threshold")
    return value
