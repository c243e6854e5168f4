"""The meter and its banner as a browser shows them: they come and go with the status, and fit a telephone."""

import pytest
from aiohttp import web
from playwright.async_api import async_playwright, expect

from tests.workspaces.gate.test_meter_in_page import AGAIN, MB, METER, ask_the_desk_each_time, counted

__all__ = ["ask_the_desk_each_time", "counted"]
HARD = METER | {"level": "hard", "window_bytes": 256 * MB, "text": "256 of 256 MB shown today", "again": AGAIN}
FULL = {"bytes": 19, "limit": 20, "files": 3, "warn": True, "text": "The project's files fill 19 of 20 GB."}


async def lab(_request):
    return web.Response(text="<p>JupyterLab</p>", content_type="text/html")


@pytest.fixture
async def tab(world):
    """alice's browser, 390 pixels wide, on the page of her running workspace; time goes as the test says."""
    await world.workspace(lab)
    name, value = world.cookie()["Cookie"].split("=", 1)
    async with async_playwright() as started:
        chromium = await started.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        context = await chromium.new_context(viewport={"width": 390, "height": 844})
        await context.add_cookies([{"name": name, "value": value, "url": world.pages}])
        page = await context.new_page()
        page.said = []
        page.on("console", lambda message: page.said.append(message.text))
        await page.clock.install()
        await page.goto(world.pages + "/workspace/tumour-ml")
        yield page
        await chromium.close()


async def test_the_meter_comes_turns_red_and_goes_back_without_a_new_page(world, tab, counted):
    usage, bar, budget, disk = (tab.locator(f"#{name}") for name in ("usage", "usage-bar", "budget", "disk"))
    await expect(usage).to_be_hidden()
    await tab.evaluate("window.same = true")
    for meter, told in ((METER, None), (HARD, FULL), (METER, None), (None, None)):
        counted(meter)
        world.info["disk"] = told
        await tab.clock.fast_forward(6000)
        await expect(usage).to_be_visible(visible=meter is not None)
        await expect(budget).to_be_visible(visible=meter is HARD)
        await expect(disk).to_be_visible(visible=told is not None)
        if meter:
            await expect(usage).to_have_text(meter["text"])
            limit = "hard_bytes" if meter is HARD else "soft_bytes"
            assert await bar.evaluate("bar => [bar.value, bar.max]") == [meter["window_bytes"], meter[limit]]
        if meter is HARD:
            await expect(budget).to_contain_text("21 Nov 2026, 14:05 UTC")
        assert await tab.evaluate("document.documentElement.scrollWidth") <= 390
    assert await tab.evaluate("window.same") and tab.said == []
