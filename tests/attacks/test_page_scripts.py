"""Script that a workspace brings into the browser; pages, programs and workers that it would like to be used."""

import sys
from pathlib import Path

import pytest

from tests.attacks.claims import By, Stops, attack
from tests.attacks.pages import browser, site, waits, whole_site
from tests.workspaces.gate.conftest import BASE

__all__ = ["browser", "site", "whole_site"]
pytestmark = pytest.mark.browser
HEADERS, FIRST = "workspaces/gate/headers.py", "workspaces/gate/lab/static/first.js"
SITE = "workspaces/gate/workspaces.py"
SCRIPTS = {
    "handler": "html(`<img src=x: onerror='window.ran = true'>`)",
    "drawing": "html(`<svg><animate attributeName=x dur=1s onbegin='window.ran = true' /></svg>`)",
    "details": "html(`<details open ontoggle='window.ran = true'>x</details>`)",
    "element": "make('script', { text: 'window.ran = true' })",
    "link": "make('a', { href: 'javascript:void(window.ran = true)', id: 'go' });"
    " document.getElementById('go').click()",
    "attribute": "make('b', { id: 'go' }); const e = document.getElementById('go');"
    " e.setAttribute('onclick', 'window.ran = true'); e.click()",
}
OUR_SCRIPTS = "f\"script-src {base}/static/ {base}/lab/extensions/ 'unsafe-eval'\","
OUR_ADDRESSES = (
    "inside(address, 'static/', 'lab/extensions/')"
    " || address.startsWith('blob:' + base.origin + '/') ? address : null,"
)
OUTSIDE = {"element": "make('script', { src: url })", "module": "import(url + '').catch(() => 0)"}
OPENED = {
    "page": "location.href = url",
    "image": "new Image().src = url",
    "program": "make('script', { src: url })",
    "style": "make('link', { rel: 'stylesheet', href: url })",
    "frame": "make('iframe', { src: url })",
}
# One of JupyterLab's own files that does nothing but wait: what the gate itself serves may still not be installed.
FILE = min((Path(sys.prefix) / "share/jupyter/lab/static").glob("[0-9]*.js"), key=lambda file: file.stat().st_size)
SERVICE = f"navigator.serviceWorker.register('static/lab/{FILE.name}').then(() => window.ran = true, () => 0)"


def ran(frame, name: str = "ran", seconds: float = 0.8) -> bool:
    return waits(lambda: frame.evaluate(f"window.{name} === true"), seconds)


@attack(
    "script-in-text",
    by=By.PAGE,
    stops=Stops(HEADERS, OUR_SCRIPTS, "\"script-src * 'unsafe-inline' 'unsafe-eval'\","),
)
@pytest.mark.parametrize("way", SCRIPTS)
def test_no_script_that_stands_in_a_page_runs(site, control, way):
    with control("in a page of a plain proxy it runs"):
        _, frame = site.openly()
        site.attack(frame, {"way": SCRIPTS[way]})
        assert ran(frame, seconds=5)
    _, frame = site.open()
    site.attack(frame, {"way": SCRIPTS[way]})
    assert not ran(frame)


@attack(
    "script-by-its-address",
    by=By.PAGE,
    stops=Stops(HEADERS, OUR_SCRIPTS, "\"script-src * 'unsafe-eval'\","),
    more=(Stops(FIRST, OUR_ADDRESSES, "address,"),),
)
def test_no_script_is_loaded_from_elsewhere(site, control):
    """By the policy with our script away; an element also by our script with the policy's line away."""
    with control("a page of a plain proxy loads it"):
        assert site.left(site.openly()[1], OUTSIDE, 2) == set(OUTSIDE)
    assert site.left(site.open("our script", "trusted types")[1], OUTSIDE) == set()
    assert site.left(site.open("script-src")[1], {"element": OUTSIDE["element"]}) == set()


@attack(
    "program-of-a-workspace",
    by=By.PAGE,
    stops=Stops(SITE, "if kind is Kind.ASSET:", "if False:"),
    more=(Stops(SITE, "if kind is Kind.DOCUMENT:", "if False:"),),
)
def test_page_and_program_are_the_gates_own_whatever_the_workspace_answers(site, control):
    with control("what the workspace calls its page runs its script behind a plain proxy"):
        _, frame = site.openly()
        assert ran(frame, "theirs", 5)
    site.asked.clear()
    _, frame = site.open()
    assert frame.evaluate("() => window.trustedTypes.defaultPolicy !== null && !window.theirs")
    assert frame.locator("#jupyter-config-data").count() == 1
    assert [path for path in site.asked if "/api/" not in path] == []


@attack(
    "data-opened-as-a-page",
    by=By.PAGE,
    stops=Stops(SITE, "if destination not in DESTINATIONS[rule.kind]:", "if False:"),
)
@pytest.mark.parametrize("way", OPENED)
def test_data_is_read_by_script_and_shown_run_or_loaded_by_nothing(site, control, way):
    """The browser says what it wants it for. The page's policy is away: what is left is the gate's answer."""
    path = f"{BASE}api/contents/x"

    def asked(frame) -> bool:
        site.asked.clear()
        site.attack(frame, {"x": OPENED[way]}, path.removesuffix("/x"))
        return waits(lambda: path in site.asked, 1.0)

    with control("behind a plain proxy the workspace is asked for it"):
        assert asked(site.openly()[1])
    _, frame = site.open("our script", "policy", "around")
    assert "rows" in frame.evaluate("url => fetch(url).then(answer => answer.text())", path)
    assert not asked(frame)


@attack(
    "worker-that-stays",
    by=By.PAGE,
    stops=Stops(SITE, "if destination not in DESTINATIONS[rule.kind]:", "if False:"),
)
def test_no_service_worker_is_installed(site, control):
    """It would answer for every page below it, for good; the file is the gate's own, so the policy allows it."""
    with control("a plain proxy's page installs one"):
        _, frame = site.openly()
        site.attack(frame, {"way": SERVICE})
        assert ran(frame, seconds=5)
    _, frame = site.open()
    site.attack(frame, {"way": SERVICE})
    assert not ran(frame, seconds=1.5)
