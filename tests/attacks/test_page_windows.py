"""Script in a workspace's page that wants to be elsewhere: other windows, other addresses, other pages' frames."""

from collections.abc import Iterator

import pytest

from tests.attacks.claims import By, Stops, attack
from tests.attacks.pages import Canary, ordinary, run, workspace
from tests.browser.framed import framed
from tests.browser.people import browser
from tests.workspaces.gate.conftest import BASE

__all__ = ["browser", "framed"]
pytestmark = pytest.mark.browser
HEADERS, SITE = "workspaces/gate/headers.py", "workspaces/gate/workspaces.py"
FRAME = Stops(
    HEADERS,
    '_FRAME = "allow-scripts allow-same-origin allow-forms allow-modals"',
    '_FRAME = "allow-scripts allow-same-origin allow-forms allow-modals allow-popups allow-downloads'
    ' allow-top-navigation"',
)


@pytest.fixture
def canary() -> Iterator[Canary]:
    made = Canary()
    yield made
    made.close()


@pytest.fixture
def home() -> Iterator[Canary]:
    made = Canary()
    yield made
    made.close()


@attack("popup-and-opener", by=By.PAGE, stops=FRAME)
@pytest.mark.parametrize(
    "script",
    [
        "url => { window.open(url + '/popup') }",
        "url => { const e = document.createElement('a'); e.href = url; e.target = '_blank';"
        " document.body.append(e); e.click() }",
        "url => { const e = document.createElement('form'); e.action = url; e.target = '_blank';"
        " document.body.append(e); e.submit() }",
    ],
)
def test_no_window_opens_even_where_the_frame_would_let_it(browser, framed, canary, control, home, script):
    """The document's own policy, with the frame's sandbox taken away by the test."""
    with control("from an ordinary page it opens"):
        with ordinary(browser, home) as page:
            run(page, page.main_frame, script, canary.url)
        assert canary.heard
    canary.heard.clear()
    with workspace(browser, framed, sandbox=False) as (page, inner):
        run(page, inner, script, canary.url)
        assert len(page.context.pages) == 1
    assert canary.heard == []


@attack("navigation-of-our-page", by=By.PAGE, stops=FRAME)
def test_the_page_around_it_is_not_led_away(browser, framed, canary, control, home):
    script = "url => { top.location = url + '/top' }"
    with control("from an ordinary page it leads away"):
        with ordinary(browser, home) as page:
            run(page, page.main_frame, script, canary.url)
        assert canary.heard
    canary.heard.clear()
    with workspace(browser, framed, sandbox=False) as (page, inner):
        run(page, inner, script, canary.url)
        assert page.url == f"{framed.world.pages}/workspace/tumour-ml"
    assert canary.heard == []


@attack("download-of-what-script-has", by=By.PAGE, stops=FRAME)
@pytest.mark.parametrize("kind", ["blob", "data"])
def test_no_download_begins(browser, framed, control, home, kind):
    address = "URL.createObjectURL(new Blob(['rows']))" if kind == "blob" else "'data:text/csv,rows'"
    script = (
        f"() => {{ const e = document.createElement('a'); e.href = {address}; e.download = 'rows.csv';"
        " document.body.append(e); e.click() }"
    )
    with control("from an ordinary page it is saved"):
        with ordinary(browser, home) as page:
            saved: list[object] = []
            page.on("download", lambda one: saved.append(one.url))
            run(page, page.main_frame, script, "")
        assert len(saved) == 1
    with workspace(browser, framed, sandbox=False) as (page, inner):
        kept: list[object] = []
        page.on("download", lambda one: kept.append(one.url))
        run(page, inner, script, "")
    assert kept == []


@attack(
    "navigation-of-the-frame",
    by=By.PAGE,
    stops=Stops(
        HEADERS,
        'lines["Content-Security-Policy"] = f"{PAGE_POLICY}; frame-src {frame}"',
        'lines["Content-Security-Policy"] = f"{PAGE_POLICY}; frame-src *"',
    ),
)
@pytest.mark.parametrize(
    "script",
    [
        "url => { location.href = url + '/location' }",
        "url => { location.replace(url) }",
        "url => { const e = document.createElement('a'); e.href = url; document.body.append(e); e.click() }",
        "url => { const e = document.createElement('meta'); e.httpEquiv = 'refresh'; e.content = `0; url=${url}`;"
        " document.head.append(e) }",
    ],
)
def test_the_frame_is_not_led_elsewhere(browser, framed, canary, control, home, script):
    with control("an ordinary page goes there"):
        with ordinary(browser, home) as page:
            run(page, page.main_frame, script, canary.url)
        assert canary.heard
    canary.heard.clear()
    with workspace(browser, framed) as (page, inner):
        run(page, inner, script, canary.url)
    assert canary.heard == []


@attack("form-that-sends", by=By.PAGE, stops=Stops(HEADERS, "\"form-action 'none'\",", '"form-action *",'))
def test_no_form_is_sent_even_to_where_the_frame_may_be(browser, framed, control, home, canary):
    """To the workspace itself: a form is a request with a body and a document for an answer."""
    script = (
        "url => { const e = document.createElement('form'); e.method = 'post'; e.action = url;"
        " document.body.append(e); e.submit() }"
    )
    with control("from an ordinary page it is sent"):
        with ordinary(browser, home) as page:
            run(page, page.main_frame, script, canary.url)
        assert canary.heard[0].startswith("POST")
    asked: list[str] = []
    with workspace(browser, framed) as (page, inner):
        page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
        where = f"{framed.world.work}{BASE}lab/tree/x"
        run(page, inner, script, where)
    assert f"POST {where}" not in asked


@attack(
    "workspace-in-a-foreign-frame",
    by=By.PAGE,
    stops=Stops(HEADERS, 'f"frame-ancestors {pages_url}",'),
)
def test_another_page_does_not_frame_a_workspace(browser, framed, control, home):
    """It could lay its own pictures over it and have the person click (the ports of one host are one site)."""
    script = "url => { const e = document.createElement('iframe'); e.src = url; document.body.append(e) }"
    context = framed.visit(browser)
    name, _, value = framed.world.inside()["Cookie"].partition("=")
    context.add_cookies([{"name": name, "value": value, "domain": "localhost", "path": BASE}])
    page = context.new_page()
    there = home.url.replace("127.0.0.1", "localhost")
    page.goto(f"{there}/page")
    with control("it frames what does not forbid it"):
        run(page, page.main_frame, script, f"{there}/framed")
        assert any("/framed" in frame.url for frame in page.frames)
    run(page, page.main_frame, script, f"{framed.world.work}{BASE}lab")
    shown = [frame for frame in page.frames if BASE in frame.url and frame.evaluate("document.scripts.length")]
    context.close()
    assert shown == []


@attack(
    "data-opened-as-a-page",
    by=By.PAGE,
    stops=Stops(SITE, "if destination not in DESTINATIONS[rule.kind]:", "if False:"),
)
@pytest.mark.parametrize("tag", ["iframe", "img", "script", "link"])
def test_a_reply_is_read_by_script_and_shown_by_nothing(browser, framed, control, home, tag):
    """The same address, asked for as a document, an image, a program, a style."""
    answers: dict[str, int] = {}
    address = f"{framed.world.work}{BASE}api/contents"
    load = {
        "iframe": "url => { location.href = url }",
        "img": "url => { new Image().src = url }",
        "script": "url => import(url).catch(() => 0)",
        "link": "url => { const e = document.createElement('link'); e.rel = 'stylesheet'; e.href = url;"
        " document.head.append(e) }",
    }[tag]
    context = framed.visit(browser)
    name, _, value = framed.world.inside()["Cookie"].partition("=")
    context.add_cookies([{"name": name, "value": value, "domain": "localhost", "path": BASE}])
    page = context.new_page()
    page.on("response", lambda answer: answers.update({answer.url: answer.status}))
    page.route("**/*", lambda route: _bare(route, framed.world.work))
    page.goto(f"{framed.world.work}{BASE}page")
    with control("script reads it"):
        assert page.evaluate("url => fetch(url).then(answer => answer.status)", address) == 200
    answers.clear()
    run(page, page.main_frame, load, address + "?" + tag)
    context.close()
    assert answers.get(address + "?" + tag) != 200


def _bare(route, origin: str) -> None:
    """A page of the workspaces' origin without any policy: only what the gate answers is attacked."""
    if route.request.url.endswith(f"{BASE}page"):
        route.fulfill(content_type="text/html", body="<p>")
    else:
        route.continue_()
