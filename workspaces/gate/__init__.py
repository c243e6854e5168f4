"""The gate: JupyterHub's proxy, the one authenticator, and the only way between a workspace and anything else.

Two origins of the browser end here (`pages` and `workspaces`), one control socket for the Hub (`control`), and one
inward socket for each workspace (`inward`). Nothing that a workspace says is believed: its socket is opened the
safe way (`sockets`), its paths are on a list (`paths`), its headers are made here (`headers`).
"""
