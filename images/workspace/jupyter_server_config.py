"""How JupyterLab runs in a workspace: plain, on one Unix socket, with nothing to log in to.

The socket is the boundary and the gate the authenticator, so Jupyter's own token, cross-site and host checks
are off. Nothing here protects anything: notebook code runs as the same user and can replace this server.
"""

c = get_config()  # noqa: F821 (Jupyter gives it)

c.ServerApp.sock = "/run/enclave/server/server.sock"
# Who may connect is decided by the folder (the workspace's own user and the gate's group): under gVisor a socket
# made in a set-gid folder does not take the folder's group.
c.ServerApp.sock_mode = "0666"
c.ServerApp.open_browser = False
c.IdentityProvider.token = ""
c.ServerApp.disable_check_xsrf = True
c.ServerApp.allow_remote_access = True
c.ServerApp.allow_origin = "*"
c.ServerApp.quit_button = False
# The gate counts and paces what is shown, and says so in words that fit; Jupyter's own limit would come first.
c.ZMQChannelsWebsocketConnection.limit_rate = False

# /workspace holds links to /project, /home and /data; people arrive in the project.
c.ServerApp.root_dir = "/workspace"
c.FileContentsManager.preferred_dir = "project"
c.FileContentsManager.delete_to_trash = False
c.ServerApp.terminals_enabled = False

# Which notebooks are "trusted" is forgotten at each start: none shows active content by itself.
c.NotebookNotary.db_file = ":memory:"
c.NotebookNotary.secret_file = "/tmp/jupyter-notebook-secret"  # noqa: S105, S108 (a path, on the workspace's own tmpfs)

c.LabApp.extension_manager = "readonly"
c.LabApp.news_url = None
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
