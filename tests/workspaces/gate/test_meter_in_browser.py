"""The meter and its banner as a browser shows them: they follow what is counted, and fit a telephone."""

import pytest
from aiohttp import web
from playwright.async_api import async_playwright, expect

from tests.workspaces.gate.conftest import ALICE
from tests.workspaces.gate.test_meter_in_page import MB, ask_the_desk_each_time
from workspaces.gate.meter.window import Window

__all__ = ["ask_the_desk_each_time"]
FULL = {"bytes": 19, "limit": 20, "files": 3, "warn": True, "text": "The project's files fill 19 of 20 GB."}


async def lab(_request):
    return web.Response(text="<p>JupyterLab</p>", content_type="text/html")


@pytest.fixture
async def tab(world):
    """alice's browser, 390 pixels wide, on the page of her running workspace; time goes as the test says."""
    await world.workspace(lab)
    ours = world.pages + "/"  # JupyterLab in the frame has a workspace that cannot answer it
    name, value = world.cookie()["Cookie"].split("=", 1)
    async with async_playwright() as started:
        chromium = await started.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        context = await chromium.new_context(viewport={"width": 390, "height": 844})
        await context.add_cookies([{"name": name, "value": value, "url": world.pages}])
        page = await context.new_page()
        page.said = []
        page.on(
            "console", lambda told: page.said.append(told.text) if told.location["url"].startswith(ours) else None
        )
        await page.clock.install()
        await page.goto(world.pages + "/workspace/tumour-ml")
        yield page
        await chromium.close()


async def test_the_meter_turns_red_and_goes_back_without_a_new_page(world, tab):
    usage, bar, budget, disk = (tab.locator(f"#{name}") for name in ("usage", "usage-bar", "budget", "disk"))
    account = world.gate.meter.known(ALICE)
    await tab.evaluate("window.same = true")
    for shown, told in ((12, None), (256, FULL), (1, None)):
        account.window = Window()
        account.add(shown * MB)
        world.info["disk"] = told
        await tab.clock.fast_forward(6000)
        await expect(usage).to_have_text(
            f"{shown} {'B ' if not shown else ''}of {256 if told else 64} MB shown today"
        )
        await expect(usage).to_be_visible()
        await expect(budget).to_be_visible(visible=shown == 256)
        await expect(disk).to_be_visible(visible=told is not None)
        assert await bar.evaluate("bar => [bar.value, bar.max]") == [shown * MB, (256 if told else 64) * MB]
        if shown == 256:
            await expect(budget).to_contain_text("They go on at")
        assert await tab.evaluate("document.documentElement.scrollWidth") <= 390
    assert await tab.evaluate("window.same") and tab.said == []
