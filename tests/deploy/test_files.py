"""Folders and secrets: the right owner and mode, made once, never touched again."""

import base64
import os
import stat
from pathlib import Path

import pytest

from deploy import folders, secrets
from enclave.layout import COURIER_UID, DESK_UID, GATE_UID, HUB_UID, Layout

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="giving files to other users needs root (sudo make test)")


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(tmp_path / "root")
    folders.ensure(made)
    secrets.ensure(made)
    return made


def state(layout: Layout) -> dict[str, tuple[int, int, int, int]]:
    found = {path: path.lstat() for path in layout.root.rglob("*")}
    return {str(path): (s.st_ino, s.st_uid, s.st_gid, s.st_mode) for path, s in found.items()}


def test_every_folder_has_its_owner_and_mode(layout: Layout) -> None:
    for folder in folders.FOLDERS:
        found = (layout.root / folder.path).stat()
        assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (
            folder.owner,
            folder.group,
            folder.mode,
        )


def test_a_second_run_changes_nothing(layout: Layout) -> None:
    before = state(layout)
    texts = {path: path.read_text() for path in layout.root.rglob("*") if path.is_file()}
    folders.ensure(layout)
    secrets.ensure(layout)
    assert state(layout) == before
    assert all(path.read_text() == text for path, text in texts.items())


def test_a_mode_that_somebody_changed_is_put_right(layout: Layout) -> None:
    layout.database.parent.chmod(0o755)
    folders.ensure(layout)
    assert stat.S_IMODE(layout.database.parent.stat().st_mode) == 0o700


def test_a_secret_can_be_read_by_its_service_only(layout: Layout) -> None:
    for path in layout.root.glob("secrets/*/*"):
        found = path.stat()
        assert stat.S_IMODE(found.st_mode) == 0o400
        assert found.st_uid == {"hub": HUB_UID, "gate": GATE_UID}[path.parent.name]


def test_hub_and_gate_know_the_same_token_and_no_two_instances_do(layout: Layout, tmp_path: Path) -> None:
    other = Layout(tmp_path / "other")
    folders.ensure(other)
    secrets.ensure(other)
    ours = (layout.secrets("hub") / "gate_token").read_text()
    assert ours == (layout.secrets("gate") / "hub_token").read_text()
    assert ours != (other.secrets("hub") / "gate_token").read_text()
    assert len(ours) == 64


def test_the_gates_session_key_has_32_bytes(layout: Layout) -> None:
    assert len(base64.urlsafe_b64decode((layout.secrets("gate") / "session_key").read_text())) == 32


def test_every_socket_of_the_layout_lies_in_a_folder_of_its_two_ends(layout: Layout) -> None:
    ends = {
        layout.hub_socket: (HUB_UID, GATE_UID),
        layout.control_socket: (GATE_UID, HUB_UID),
        layout.guard_socket: (0, HUB_UID),
        layout.desk_socket("hub"): (DESK_UID, HUB_UID),
        layout.desk_socket("gate"): (DESK_UID, GATE_UID),
        layout.desk_socket("guard"): (DESK_UID, 0),
        layout.desk_socket("courier"): (DESK_UID, COURIER_UID),
    }
    for socket, owners in ends.items():
        found = socket.parent.stat()
        assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (*owners, 0o2750), socket
