"""An opened page says what is so when it is opened; what its script asks again and again may be a moment old."""

from tests.workspaces.gate.conftest import HTML
from tests.workspaces.gate.test_workspace_page import status
from workspaces.gate import desk as desk_module


async def test_an_opened_page_says_why_it_stopped_where_the_desks_last_answer_did_not(world, monkeypatch):
    monkeypatch.setattr(desk_module, "FRESH_SECONDS", 60.0)
    assert (await status(world))["notice"] is None
    reason = "The dataset claims@1 is no longer granted to this project."
    world.info["notice"] = {"time": "2026-11-28T10:00:00+00:00", "code": "grant-revoked", "reason": reason}
    assert (await status(world))["notice"] is None, "the control: what is asked all the time may be a moment old"
    async with world.get(world.pages + "/workspace/tumour-ml", **world.cookie(), **HTML) as answer:
        assert reason in await answer.text()
