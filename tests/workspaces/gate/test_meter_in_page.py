"""What our page says of the budget and the disk: sentences, and nothing where nothing is known."""

import html
import re

import pytest

from tests.workspaces.gate.test_workspace_page import ask_the_desk_each_time, echo, page, status
from workspaces.gate import banners, workspace_page

__all__ = ["ask_the_desk_each_time"]
MB = 1024**2
METER = {
    "window_bytes": 12 * MB,
    "soft_bytes": 64 * MB,
    "hard_bytes": 256 * MB,
    "level": "ok",
    "text": "12 of 64 MB shown today",
    "again": None,
}
AGAIN = "2026-11-21T14:05:00+00:00"


def test_below_the_soft_limit_and_without_a_count_nothing_is_said():
    assert banners.budget(None) == banners.budget(METER) == ""


def test_at_the_soft_limit_the_person_is_told_what_comes_and_what_to_do():
    said = banners.budget(METER | {"level": "soft", "window_bytes": 70 * MB})
    assert "70 MB" in said and "At 256 MB" in said and "summaries" in said


def test_at_the_hard_limit_the_person_is_told_why_until_when_and_whom_to_ask():
    said = banners.budget(METER | {"level": "hard", "window_bytes": 256 * MB, "again": AGAIN})
    for words in ("paused", "256 MB", "21 Nov 2026, 14:05 UTC", "ask an admin", "Request release"):
        assert words in said


@pytest.mark.parametrize("again", [None, "", "soon", 5])
def test_without_a_known_moment_it_names_none(again):
    said = banners.budget(METER | {"level": "hard", "again": again})
    assert "as the 24 hours move on" in said and "UTC" not in said


@pytest.fixture
def counted(monkeypatch):
    """Let the page's status carry this meter, as the gate's count of a workspace does."""
    original = workspace_page.WorkspacePages._status

    def with_meter(meter):
        def made(self, place, info):
            found = original(self, place, info) | {"meter": meter}
            return found | {"budget": banners.budget(meter)}

        monkeypatch.setattr(workspace_page.WorkspacePages, "_status", made)

    return with_meter


def element(text, name):
    return re.search(rf'<(\w+)[^>]*id="{name}"[^>]*>', text)[0]


async def test_the_bar_shows_how_much_was_shown(world, counted):
    await world.workspace(echo)
    counted(METER)
    _, text, _ = await page(world)
    assert "12 of 64 MB shown today" in text
    bar = element(text, "usage-bar")
    assert f'max="{64 * MB}"' in bar and f'value="{12 * MB}"' in bar
    assert "hidden" not in element(text, "usage") and "hidden" in element(text, "budget")


@pytest.mark.parametrize("level,look", [("soft", "warn"), ("hard", "bad")])
async def test_from_a_limit_on_a_banner_says_so_at_first_sight(world, counted, level, look):
    await world.workspace(echo)
    meter = METER | {"level": level, "window_bytes": 300 * MB, "again": AGAIN}
    counted(meter)
    _, text, _ = await page(world)
    banner = element(text, "budget")
    assert look in banner and "hidden" not in banner
    assert banners.budget(meter) in html.unescape(text)
    assert (await status(world))["budget"] == banners.budget(meter)


async def test_a_workspace_that_does_not_run_shows_no_meter(world, counted):
    counted(METER | {"level": "hard"})
    _, text, _ = await page(world)
    assert "hidden" in element(text, "usage") and "hidden" in element(text, "budget")


async def test_a_disk_that_is_nearly_full_is_told_running_or_not_and_in_plain_text(world):
    said = "The project's files fill <b>19 of 20 GB</b>: delete what is not needed."
    world.info["disk"] = {"bytes": 19, "limit": 20, "files": 3, "warn": True, "text": said}
    for run in (False, True):
        if run:
            await world.workspace(echo)
        _, text, _ = await page(world)
        assert html.escape(said).replace("&#x27;", "&#39;") in text and said not in text
        assert "hidden" not in element(text, "disk")
        assert (await status(world))["disk"] == said


@pytest.mark.parametrize("disk", [None, {"bytes": 1, "limit": 20, "files": 3, "warn": False, "text": "1 of 20 GB"}])
async def test_a_disk_with_room_is_not_mentioned(world, disk):
    world.info["disk"] = disk
    _, text, _ = await page(world)
    assert "hidden" in element(text, "disk") and (await status(world))["disk"] == ""
