"""JupyterHub's front door: read the settings, hand over. Everything else is in `workspaces.hub`."""

import sys

from enclave.errors import Refused
from enclave.settings import Settings
from workspaces.hub import configure

c = get_config()  # noqa: F821  # given by JupyterHub
try:
    configure(c, Settings.from_env())
except Refused as refused:
    sys.exit(str(refused))
