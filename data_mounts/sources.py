"""A last look at the disk before the engine binds a dataset: is the source the plain folder that it says?"""

import os
import stat
from pathlib import Path

from data_mounts.mounts import Mount
from enclave.errors import Broken


def refuse_links(mount: Mount, datasets_folder: Path) -> None:
    """Raise `Broken` unless the source is `<datasets folder>/<name>/<version>`, real folders all the way down.

    The engine follows links when it binds; whoever could put one on the shelf could show a project any folder of
    the host.
    """
    if mount.source.parent.parent != datasets_folder:
        raise Broken(f"{mount.source} does not lie in {datasets_folder}")
    for folder in (datasets_folder, mount.source.parent, mount.source):
        try:
            mode = os.lstat(folder).st_mode
        except OSError as error:
            raise Broken(f"{folder} cannot be mounted: {error.strerror}") from None
        if not stat.S_ISDIR(mode):
            raise Broken(f"{folder} is not a plain folder and is not mounted")
