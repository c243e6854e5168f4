"""From one page to another: another project of the same person, our pages and the Hub, another site's page."""

import pytest

from tests.attacks.claims import By, Stops, attack
from tests.attacks.pages import OTHER_BASE, browser, site, waits, whole_site
from tests.workspaces.gate.conftest import BASE

__all__ = ["browser", "site", "whole_site"]
pytestmark = pytest.mark.browser
HEADERS, RENDER = "workspaces/gate/headers.py", "enclave/web/render.py"
READS = "async url => { try { const a = await fetch(url); return await a.text() } catch { return '' } }"
OUR_IMAGES = 'f"img-src {base}/static/ {base}/lab/ {base}/kernelspecs/ data: blob:",'
OUR_FILES = 'Line("Cross-Origin-Resource-Policy", "same-origin", "no other origin loads a file of the workspace"),'
OUR_ANCESTORS = "\" connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'\""


@attack(
    "reading-another-project",
    by=By.PAGE,
    stops=Stops(HEADERS, 'f"connect-src {base}/ {channel}/",', "\"connect-src 'self'\","),
)
def test_one_project_does_not_read_another_of_the_same_person(site, control):
    """Both are open in one browser, at one origin: a browser sends the other's cookie along."""
    page, frame = site.open()
    second = page.context.new_page()
    second.goto(f"{site.world.pages}/workspace/diabetes-care")
    found = second.wait_for_selector("#frame").content_frame()
    assert waits(lambda: second.wait_for_timeout(20) or found.url.endswith("/lab"))
    with control("the other's own page reads it, and so does a plain proxy's of the first"):
        assert "rows" in found.evaluate(READS, f"{OTHER_BASE}api/contents/x")
        assert "rows" in site.openly()[1].evaluate(READS, f"{OTHER_BASE}api/contents/x")
    assert "rows" in frame.evaluate(READS, f"{BASE}api/contents/x")
    assert frame.evaluate(READS, f"{OTHER_BASE}api/contents/x") == ""


@attack("cookie-read-by-script", by=By.PAGE, stops=Stops("workspaces/gate/workspaces.py", "httponly=True,", ""))
def test_no_script_reads_what_lets_into_a_workspace(site, control):
    with control("a cookie that is not marked is read"):
        _, frame = site.open()
        assert "mine" in frame.evaluate("() => { document.cookie = 'mine=1'; return document.cookie }")
    assert "enclave" not in frame.evaluate("document.cookie")


@attack(
    "acting-on-our-pages",
    by=By.PAGE,
    stops=Stops(HEADERS, 'f"connect-src {base}/ {channel}/",', '"connect-src *",'),
    more=(Stops(HEADERS, OUR_IMAGES, '"img-src *",'),),
)
def test_a_workspaces_page_asks_the_hub_for_nothing(site, control):
    """`GET /hub/spawn/...` starts a server, and the person's cookies would go along."""
    vectors = {"fetch": "fetch(url, { mode: 'no-cors', credentials: 'include' })", "image": "new Image().src = url"}
    hub = f"{site.world.pages}/hub/spawn/alice"

    def asked() -> set[str]:
        return {path.rpartition("/")[2] for path in site.world.hub_calls if "/hub/spawn/alice/" in path}

    with control("a page of a plain proxy does"):
        site.attack(site.openly()[1], vectors, hub)
        assert waits(lambda: asked() == set(vectors))
    page, frame = site.open()
    site.world.hub_calls.clear()
    site.attack(frame, vectors, hub)
    page.wait_for_timeout(700)
    assert asked() == set()


@attack(
    "form-of-another-site",
    by=By.PAGE,
    stops=Stops("workspaces/gate/pages.py", "refuse_foreign(request, self.origin)"),
)
def test_a_page_of_the_same_site_stops_no_workspace(site, control):
    """The nearest stranger: another port of our own host, so that the browser sends our cookies along."""
    stops = f"{site.world.pages}/workspace/tumour-ml/stop"

    def stopped() -> bool:
        return any(call.startswith("DELETE ") for call in site.world.hub_calls)

    def presses(where: str) -> None:
        site.canary.pages["/form"] = f"<form action='{where}' method=post><button>x</button></form>"
        page = site.context().new_page()
        page.goto(site.canary.near + "/form")
        page.locator("button").click()
        page.wait_for_timeout(500)

    with control("a plain proxy takes such a form, and our cookie comes with it"):
        presses(site.plain.replace("127.0.0.1", "localhost") + BASE + "stop")
        assert any("enclave-session=" in cookies for cookies in site.posted)
    page, _ = site.open()
    page.evaluate("url => fetch(url, { method: 'POST' })", stops)
    assert waits(stopped), "our own page does"
    site.world.hub_calls.clear()
    presses(stops)
    assert not stopped()


def framed(site, address: str, context=None) -> str:
    """What another site's page shows of it in a frame, in a browser in which the person is logged in."""
    site.canary.pages["/frame"] = f"<iframe id=frame src='{address}'></iframe>"
    page = (context or site.context()).new_page()
    page.goto(site.canary.near + "/frame")
    frame = page.wait_for_selector("#frame").content_frame()
    page.wait_for_timeout(700)
    return str(frame.content())


@attack(
    "frame-of-another-site",
    by=By.PAGE,
    stops=Stops(HEADERS, 'f"frame-ancestors {pages_url}",', '"frame-ancestors *",'),
)
def test_another_site_shows_no_workspace_in_a_frame(site, control):
    with control("what a plain proxy hands on is shown"):
        assert "theirs" in framed(site, f"{site.plain}{BASE}lab")
    opened = site.open()[0].context  # in another browser the gate would show nothing of it anywhere
    assert "jupyter-config-data" not in framed(site, f"{site.world.work}{BASE}lab", opened)


@attack(
    "our-page-in-another-sites-frame",
    by=By.PAGE,
    stops=Stops(RENDER, OUR_ANCESTORS, OUR_ANCESTORS.replace("; frame-ancestors 'none'", "")),
)
def test_another_site_shows_no_page_of_ours_in_a_frame(site, control):
    """Else it would lay something over the button that a person means to press."""
    site.weaken("policy")
    with control("without a policy of its own it is shown"):
        assert "Tumour margins" in framed(site, f"{site.world.pages}/workspace/tumour-ml")
    site.weaken()
    assert "Tumour margins" not in framed(site, f"{site.world.pages}/workspace/tumour-ml")


@attack(
    "window-of-another-site", by=By.PAGE, stops=Stops(RENDER, '"Cross-Origin-Opener-Policy": "same-origin",', "")
)
def test_another_site_keeps_no_hold_of_a_window_of_ours(site, control):
    """It could count frames, send messages to them, or lead them elsewhere while the person looks away."""
    site.canary.pages["/opener"] = "<button onclick='w = window.open(where)'>x</button>"

    def held(address: str) -> bool:
        page = site.open()[0].context.new_page()
        page.goto(site.canary.near + "/opener")
        page.evaluate("url => { window.where = url }", address)
        with page.expect_popup() as opened:
            page.locator("button").click()
        opened.value.wait_for_selector("#frame")
        return bool(page.evaluate("!w.closed && w.length === 1"))

    with control("a window of a plain proxy's page is held"):
        assert held(f"{site.plain}{BASE}around")
    assert not held(f"{site.world.pages}/workspace/tumour-ml")


@attack("file-of-a-workspace-in-another-sites-page", by=By.PAGE, stops=Stops(HEADERS, OUR_FILES))
def test_another_site_gets_no_byte_of_an_answer(site, control):
    """Not even one that it could not read: its length and time say something, and its process would hold it."""
    context = site.open()[0].context
    page = context.new_page()
    page.goto(site.canary.near + "/")
    asks = "url => fetch(url, { mode: 'no-cors', credentials: 'include' }).then(() => true, () => false)"
    with control("what a plain proxy answers comes"):
        assert page.evaluate(asks, f"{site.plain}{BASE}api/contents/x")
    assert not page.evaluate(asks, f"{site.world.work}{BASE}api/contents/x")
