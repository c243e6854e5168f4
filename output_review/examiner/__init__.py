"""Reads untrusted files and says what may be shown of them: values only, never their own HTML, drawing or code.

`__main__` is the child process that `preview.examine` starts, `report` sends a file to the module of its family,
and `limits` says what a child may take. A module per family: `report(file, name, place)` reads from a seekable file
no more than the place needs, and answers plain JSON with at least `family`, `kind` and `notes`.
"""
