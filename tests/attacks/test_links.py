"""Links in the place of what the guard, which is root, makes, binds or writes."""

import pytest

from enclave.errors import Broken
from tests.attacks.claims import By, Stops, attack
from tests.workspaces.engine import ALICE, TUMOUR, docker
from workspaces.guard import folders
from workspaces.spec import WorkspaceSpec

FOLDERS = "workspaces/guard/folders.py"


def spec_of(desk, layout) -> WorkspaceSpec:
    return WorkspaceSpec.from_answer("demo", ALICE, TUMOUR, desk.answer, layout)


def levels(layout):
    """Every folder that somebody could put a link in the place of."""
    dataset = layout.datasets / "wdbc"
    own = [layout.home(ALICE, TUMOUR), layout.server_folder(ALICE, TUMOUR), layout.inward_folder(ALICE, TUMOUR)]
    above = [dataset, layout.homes / TUMOUR, layout.workspace_sockets]
    return [dataset / "1", layout.project(TUMOUR), *own, *above]


@attack(
    "link-in-a-folders-place",
    by=By.WORKSPACE,
    stops=Stops(
        FOLDERS,
        "_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC",
        "_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC",
    ),
)
@pytest.mark.parametrize("level", range(8))
async def test_a_link_at_any_level_is_refused_before_the_engine_binds_it(desk, settings, control, image, level):
    layout = settings.layout
    secret = layout.root / "secrets"
    secret.mkdir(mode=0o755)
    (secret / "key").write_text("a key")
    desk.grant("wdbc")
    spec = spec_of(desk, layout)
    folders.prepare(spec, layout)
    path = levels(layout)[level]
    kept = path.with_name(path.name + ".kept")
    path.rename(kept)
    path.symlink_to(secret)
    with control("the engine, which is root, binds what the link leads to"):
        bound = ["--mount", f"type=bind,source={path},target=/bound", "--network", "none", "--user", "0"]
        assert docker("run", "--rm", *bound, "--entrypoint", "cat", image, "/bound/key") == "a key"
    with pytest.raises(Broken, match="link"):
        folders.prepare(spec, layout)
    path.unlink()
    path.write_text("a file in its place")
    with pytest.raises(Broken):
        folders.prepare(spec, layout)
    path.unlink()
    kept.rename(path)
    folders.prepare(spec, layout)
    assert [one.name for one in secret.iterdir()] == ["key"] and secret.stat().st_gid == 0


@attack("log-that-climbs-out", by=By.WORKSPACE, stops=Stops(FOLDERS, 'if part in ("..", "."):', "if False:"))
async def test_a_path_may_not_climb(settings, control):
    outside = settings.layout.root / "logs" / ".." / "secrets"
    with control("whoever writes there by its path has written outside"):
        outside.mkdir()
        (outside / "a.log").write_text("planted")
        assert (settings.layout.root / "secrets" / "a.log").read_text() == "planted"
    with pytest.raises(Broken, match="stay below"):
        folders.keep_log(settings.layout, outside, "a.log", b"")
    assert (settings.layout.root / "secrets" / "a.log").read_text() == "planted"


@attack(
    "log-through-a-link",
    by=By.WORKSPACE,
    stops=Stops(
        FOLDERS,
        "flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC",
        "flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC",
    ),
)
async def test_what_a_workspace_printed_is_not_written_over_another_file(settings, control):
    folder, target = settings.layout.root / "logs" / "k", settings.layout.root / "of-root"
    folder.mkdir()
    target.write_text("kept")
    (folder / "a.log").symlink_to(target)
    (folder / "b.log").symlink_to(settings.layout.root / "control")
    with control("whoever writes by the path writes through the link"):
        (folder / "b.log").write_text("x")
        assert (settings.layout.root / "control").read_text() == "x"
    with pytest.raises(OSError):
        folders.keep_log(settings.layout, folder, "a.log", b"x")
    assert target.read_text() == "kept"
