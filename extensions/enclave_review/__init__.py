"""The server half of the JupyterLab extension "enclave-review".

It runs inside the workspace, in the hands of the researcher whose notebooks could replace it: so it holds
no rule and no secret. It resolves the paths that the page names, and streams the files through the one
socket that leads out of the workspace. Who is asking, for which project, and whether that is allowed, is
decided at the other end of that socket.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

__version__ = "0.1.0"


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "enclave_review"}]


def _load_jupyter_server_extension(server: ServerApp) -> None:
    from enclave_review.handlers import install  # only here: the other modules need no Jupyter Server

    install(server)
