"""Where a granted dataset comes from on the host and where it appears in a workspace.

Pure: what lies on the disk is looked at by `sources`. Names were parsed when they were registered; they are parsed
again here, because a path that reaches the engine must not depend on every row of a database being honest.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from enclave.errors import BadInput, Broken
from enclave.layout import DATA
from enclave.names import DatasetName, DatasetVersion, dataset_name, dataset_version


@dataclass(frozen=True)
class Mount:
    """One dataset version, bound read-only: `source` on the host, `target` in the workspace."""

    dataset: DatasetName
    version: DatasetVersion
    source: Path
    target: PurePosixPath

    def __str__(self) -> str:
        return f"{self.dataset}@{self.version}"


def mounts_for(datasets_folder: Path, granted: Iterable[tuple[str, str]]) -> tuple[Mount, ...]:
    """The mounts of these (dataset, version) pairs, sorted by dataset.

    Raises `Broken` for a name that could leave the folder or be read as something else (`..`, separators, braces,
    control characters), for a folder that is not plain and absolute, and for a dataset that comes twice: both of
    its versions would claim one target.
    """
    folder = _plain(datasets_folder)
    mounts: dict[str, Mount] = {}
    for dataset, version in sorted(granted):
        mount = _mount(folder, dataset, version)
        if dataset in mounts:
            raise Broken(f"the dataset {dataset} would be mounted twice at {mount.target}")
        mounts[dataset] = mount
    return tuple(mounts.values())


def _plain(folder: Path) -> Path:
    text = str(folder)
    if not folder.is_absolute() or ".." in folder.parts or not text.isprintable() or set(text) & set("{}:,"):
        raise Broken(f"the folder of datasets, {text!r}, is not a plain absolute path")
    return folder


def _mount(folder: Path, dataset: str, version: str) -> Mount:
    try:
        name, edition = dataset_name(dataset), dataset_version(version)
    except BadInput as error:
        raise Broken(f"a grant names a dataset that cannot be mounted: {error}") from None
    source = folder / name / edition
    if source.parent.parent != folder or source.name in ("", ".", ".."):
        raise Broken(f"{source} is not a dataset's folder in {folder}")
    return Mount(name, edition, source, PurePosixPath(DATA) / name)
