"""`make up`: from nothing, or from anything in between, to a running instance. Doing it twice changes nothing."""

import sys
from pathlib import Path

from deploy import compose, engine, folders, gvisor, images, instance, ports, say, secrets, shell
from deploy.context import REPOSITORY
from deploy.instance import Instance


def up(fresh: bool = False) -> None:
    """Bring the instance up; raise `Stop` when a step fails (the steps before it stay done)."""
    ours = prepare_images(fresh)
    _write_wrapper(ours)
    if ours.demo:
        with say.step("Preparing the demo's people"):
            _demo(ours, "identity.py")
    ports.ensure_free(ours)
    names = compose.services(ours)
    with say.step(f"Starting {', '.join(names)}"):
        compose.up(ours)
    with say.step("Waiting until every service answers"):
        compose.wait(ours, names)
    images.prune()
    if ours.demo:
        with say.step("Filling the demo: datasets, projects, members"):
            _demo(ours, "seed.py")
    _tell(ours)


def prepare_images(fresh: bool = False, every: bool = False) -> Instance:
    """The engine, the folders, the secrets and the images (`every`: also those this instance does not use)."""
    ours = instance.load()
    say.line(f"The instance {ours.name!r} in {ours.layout.root}")
    engine.ensure()
    if ours.gvisor:
        gvisor.ensure()
    folders.ensure(ours.layout)
    ours.remember(**_image_ids(ours))
    secrets.ensure(ours.layout)
    _build(ours, fresh, every)
    ours.remember(**_image_ids(ours))
    if ours.gvisor:
        gvisor.try_out(f"{ours.name}/workspace:latest")
    return ours


def _build(ours: Instance, fresh: bool, every: bool) -> None:
    wanted = [images.PLATFORM, images.WORKSPACE]
    wanted += [images.IDP] if ours.demo or every else []
    wanted += [images.POSTGRES] if ours.postgres or every else []
    with say.step("Looking at the images"):
        images.ensure(ours.name, wanted, ours.layout.root / "logs" / "builds", fresh)


def _image_ids(ours: Instance) -> dict[str, str]:
    """Workspaces and checks start from images by their ids, so that a moved tag cannot change what is started."""
    wanted = {"ENCLAVE_WORKSPACE_IMAGE": "workspace", "ENCLAVE_CHECK_IMAGE": "platform"}
    return {
        setting: images.identity(ours.name, name)
        for setting, name in wanted.items()
        if shell.answers(["docker", "image", "inspect", f"{ours.name}/{name}:latest"])
    }


def _demo(ours: Instance, script: str) -> None:
    """Run one of the demo's scripts; they ask for nothing but the root and are idempotent too."""
    shell.shown([sys.executable, "-B", str(REPOSITORY / "demo" / script), "--root", str(ours.layout.root)])


def _write_wrapper(ours: Instance) -> None:
    """`<root>/enclave`: the command line with this instance filled in."""
    text = (
        "#!/bin/sh\n"
        f"# The command line of the instance {ours.name}; written by `make up`.\n"
        f'ENCLAVE_ROOT="{ours.layout.root}" exec "{REPOSITORY}/bin/enclave" "$@"\n'
    )
    path = ours.layout.root / "enclave"
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
        path.chmod(0o755)


def _tell(ours: Instance) -> None:
    say.line("It runs.\n")
    print(f"  Address        {ours.values['ENCLAVE_URL']}")
    if ours.demo:
        print(f"  Accounts       {accounts(ours)}   (names, passwords and roles of the demo's people)")
    print(f"  Command line   {ours.layout.root}/enclave --help")
    print("  Stop           make down (keeps all data)", flush=True)


def accounts(ours: Instance) -> Path:
    """The demo's people with their passwords."""
    return ours.layout.demo / "accounts.json"
