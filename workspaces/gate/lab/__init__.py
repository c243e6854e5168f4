"""JupyterLab as the gate serves it: its own copy, of the workspaces' version, so that no byte which runs or is
shown as a page in a browser comes from a workspace.

    files      the table of files, and how one is sent
    page       the document
    plugins    what is switched off, a reason per line
    settings   the settings' schemas, with the person's own values put in
    copy       all of it together
    static/    our own script, the first that runs
"""
