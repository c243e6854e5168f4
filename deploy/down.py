"""`make down` stops an instance and keeps its data; `make destroy` removes everything of it."""

import os
import shutil
import sys

from deploy import compose, engine, images, instance, say, shell
from deploy.instance import Instance


def down() -> None:
    """Stop and remove the containers, workspaces too; all files stay."""
    ours = _known()
    if ours is None:
        return
    engine.ensure()
    with say.step(f"Stopping the instance {ours.name!r}; its data stays in {ours.layout.root}"):
        _stop(ours)


def destroy(keep_images: bool = False) -> None:
    """Remove every container, network, volume, image tag and file of the instance.

    Outside the demo the operator types the instance's name first: the data is gone after this. The tests keep
    the images, which the next run would otherwise build again.
    """
    ours = _known()
    if ours is None:
        return
    if not ours.demo:
        _confirm(ours)
    engine.ensure()
    with say.step(f"Removing what the engine holds of {ours.name!r}"):
        _stop(ours)
        for kind in ("network", "volume"):
            _remove(kind, [kind, "ls", "--quiet", "--filter", f"label=enclave={ours.name}"])
        if not keep_images:
            images.remove(ours.name)
    with say.step(f"Removing {ours.layout.root}"):
        shutil.rmtree(ours.layout.root)


def _known() -> Instance | None:
    """The instance in ENCLAVE_ROOT, or None, said aloud: what is gone already is no failure."""
    root = instance.root_of(os.environ)
    if not instance.remembered(root):
        say.line(f"There is no instance in {root}: nothing to do. ENCLAVE_ROOT names the folder of another.")
        return None
    return instance.load()


def _confirm(ours: Instance) -> None:
    print(f"This removes the instance {ours.name!r} with all its data in {ours.layout.root}. It cannot be undone.")
    print(f"Type {ours.name} to go on: ", end="", flush=True)
    if sys.stdin.readline().strip() != ours.name:
        raise say.Stop("That was not the instance's name. Nothing was removed.")


def _stop(ours: Instance) -> None:
    """The guard first, so that nothing starts anew; then the workspaces; then the rest."""
    guard = f"{ours.name}-guard"
    if shell.answers(["docker", "inspect", "--type", "container", guard]):
        shell.quiet(["docker", "stop", guard])
    label = ["--filter", f"label=enclave={ours.name}"]
    workspaces = shell.quiet(["docker", "ps", "--quiet", *label, "--filter", "label=enclave.person"]).split()
    if workspaces:
        shell.quiet(["docker", "stop", "--time", "3", *workspaces])
    compose.down(ours)
    _remove("container", ["ps", "--all", "--quiet", *label])


def _remove(kind: str, listing: list[str]) -> None:
    found = shell.quiet(["docker", *listing]).split()
    if found:
        force = ["--force"] if kind in ("container", "volume") else []
        shell.quiet(["docker", kind, "rm", *force, *found])
