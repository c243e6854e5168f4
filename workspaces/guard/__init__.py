"""The guard: alone holds the engine's socket, and does three things with it: start, look at, stop a workspace.

The Hub names a person and a project; everything else comes from the desk. Nothing of a request's body is read. A
container of the automatic checks is the desk's alone: nobody asks the guard for one (`checks`).
"""
