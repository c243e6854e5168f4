"""Ways out of a page by going somewhere: navigation, windows, downloads, forms, text that refreshes or connects.

Two or three walls stand before most of them. Each test leaves one standing and takes the others away.
"""

import pytest

from tests.attacks.claims import By, Stops, attack
from tests.attacks.pages import browser, site, waits, whole_site
from tests.workspaces.gate.conftest import BASE

__all__ = ["browser", "site", "whole_site"]
pytestmark = pytest.mark.browser
HEADERS, FIRST = "workspaces/gate/headers.py", "workspaces/gate/lab/static/first.js"
FRAMED = "workspaces/gate/pages/workspace.html"
SANDBOX = (
    'sandbox="allow-scripts allow-same-origin allow-forms allow-modals" referrerpolicy="no-referrer"></iframe>'
)
NAVIGATIONS = {
    "assign": "location.assign(url)",
    "replace": "location.replace(url)",
    "anchor": "make('a', { href: url, id: 'go', textContent: 'go' }); document.getElementById('go').click()",
    "refresh": "document.head.append(Object.assign(document.createElement('meta'),"
    " { httpEquiv: 'refresh', content: `0; url=${url}` }))",
}
TEXTS = {
    "refresh": "html(`<meta http-equiv=refresh content='0; url=${url}'>`)",
    "prefetch": "html(`<link rel=prefetch href=${url}>`)",
    "sheet": "html(`<link rel=stylesheet href=${url}>`)",
    "iframe": "html(`<iframe src=${url}></iframe>`)",
    "object": "html(`<object data=${url} type=text/html></object>`)",
    "embed": "html(`<embed src=${url} type=text/html>`)",
}
DOWNLOADS = {
    "data": "make('a', { href: 'data:text/csv,rows', download: 'rows.csv', id: 'get', textContent: 'get' })",
    "blob": "make('a', { href: URL.createObjectURL(new Blob(['rows'])), download: 'rows.csv', id: 'get',"
    " textContent: 'get' })",
    "address": "make('a', { href: 'api/contents/rows.csv', download: 'rows.csv', id: 'get', textContent: 'get' })",
}


def goes(site, opened, code: str, expected: int = 0) -> set[str]:
    return site.left(opened[1], {"way": code}, expected)


@attack(
    "navigation",
    by=By.PAGE,
    stops=Stops(
        FIRST,
        "const known = event.downloadRequest === null && inside(event.destination.url, 'lab');",
        "const known = true;",
    ),
)
@pytest.mark.parametrize("way", NAVIGATIONS)
def test_our_script_lets_the_page_go_nowhere(site, control, way):
    with control("the page of a plain proxy goes there"):
        assert goes(site, site.openly(), NAVIGATIONS[way], 1)
    assert goes(site, site.open("around"), NAVIGATIONS[way]) == set()


@attack(
    "navigation-past-our-script",
    by=By.PAGE,
    stops=Stops(
        HEADERS,
        'lines["Content-Security-Policy"] = f"{PAGE_POLICY}; frame-src {frame}"',
        'lines["Content-Security-Policy"] = f"{PAGE_POLICY}; frame-src *"',
    ),
)
@pytest.mark.parametrize("way", NAVIGATIONS)
def test_the_page_around_shows_nothing_else_in_its_frame(site, control, way):
    """A browser that has no Navigation API has this wall."""
    with control("the page of a plain proxy goes there"):
        assert goes(site, site.openly(), NAVIGATIONS[way], 1)
    assert goes(site, site.open("our script"), NAVIGATIONS[way]) == set()


@attack(
    "text-that-loads-by-itself",
    by=By.PAGE,
    stops=Stops(FIRST, "createHTML: text => text.replace(active, '&lt;'),", "createHTML: text => text,"),
)
@pytest.mark.parametrize("way", TEXTS)
def test_no_element_that_loads_or_connects_comes_of_text(site, control, way):
    """Not even a connection is opened: a policy alone asks for nothing but may connect."""
    with control("the page of a plain proxy makes the element, and it connects"):
        opened = site.openly()
        before = site.canary.connections
        site.attack(opened[1], {"way": TEXTS[way]})
        assert waits(lambda: site.canary.connections > before)
    _, frame = site.open("around")
    before = site.canary.connections
    site.attack(frame, {"way": TEXTS[way]})
    site.canary.heard()
    assert site.canary.connections == before
    assert frame.locator("body > :is(meta, link, iframe, object, embed)").count() == 0


def on_top(site, opened) -> bool:
    """Whether a click on a link leads the whole window outside."""
    site.attack(opened[1], {"way": "make('a', { href: url, target: '_top', id: 'go', textContent: 'go' })"})
    opened[1].locator("#go").click(no_wait_after=True)
    return site.canary.heard() != set()


@attack(
    "navigation-of-the-whole-window",
    by=By.PAGE,
    stops=Stops(FRAMED, SANDBOX, "></iframe>"),
    more=(Stops(HEADERS, 'f"sandbox {_FRAME}",', 'f"sandbox {_FRAME} allow-top-navigation",'),),
)
def test_a_click_does_not_lead_the_whole_window_away(site, control):
    with control("from a plain proxy's frame it does"):
        assert on_top(site, site.openly())
    for gone in ("sandbox", "frame"):
        assert not on_top(site, site.open("our script", gone)), f"without {gone}"


def windows(site, opened) -> int:
    """How many windows open by a click on a link or a button."""
    page, frame = opened
    link = "make('a', { href: url, target: '_blank', id: 'go', textContent: 'go' });"
    button = "make('button', { onclick: () => window.open(url), id: 'push', textContent: 'push' })"
    site.attack(frame, {"way": link + button})
    frame.locator("#go").click(no_wait_after=True)
    frame.locator("#push").click(no_wait_after=True)
    site.canary.heard()
    page.wait_for_timeout(300)
    return len(page.context.pages) - 1


@attack(
    "popup",
    by=By.PAGE,
    stops=Stops(FRAMED, SANDBOX, "></iframe>"),
    more=(Stops(HEADERS, 'f"sandbox {_FRAME}",', 'f"sandbox {_FRAME} allow-popups",'),),
)
def test_no_window_opens_by_a_link_or_a_script(site, control):
    with control("from a plain proxy's frame two do"):
        assert windows(site, site.openly()) == 2
    for gone in ("sandbox", "frame"):
        assert windows(site, site.open("our script", gone)) == 0, f"without {gone}"


def downloaded(site, opened, code: str, how: str) -> list[str]:
    page, frame = opened
    got: list[str] = []
    page.on("download", lambda download: got.append(download.suggested_filename))
    site.attack(frame, {"way": code})
    frame.locator("#get").click(no_wait_after=True) if how == "click" else frame.evaluate(
        "() => { const e = document.getElementById('get'); e.remove(); e.click() }"
    )
    page.wait_for_timeout(700)
    return got


@attack(
    "download",
    by=By.PAGE,
    stops=Stops(FRAMED, SANDBOX, "></iframe>"),
    more=(Stops(HEADERS, 'f"sandbox {_FRAME}",', 'f"sandbox {_FRAME} allow-downloads",'),),
)
@pytest.mark.parametrize("kind", DOWNLOADS)
def test_no_click_downloads(site, control, kind):
    with control("from a plain proxy's frame it does"):
        assert downloaded(site, site.openly(), DOWNLOADS[kind], "click") == ["rows.csv"]
    for gone in ("sandbox", "frame"):
        assert downloaded(site, site.open("our script", gone), DOWNLOADS[kind], "click") == [], f"without {gone}"


@attack(
    "download-past-the-sandbox",
    by=By.PAGE,
    stops=Stops(
        FIRST,
        "const known = event.downloadRequest === null && inside(event.destination.url, 'lab');",
        "const known = true;",
    ),
)
@pytest.mark.parametrize("kind", DOWNLOADS)
def test_our_script_cancels_a_download_that_no_click_on_the_page_shows(site, control, kind):
    with control("in a page of a plain proxy it comes"):
        assert downloaded(site, site.openly(), DOWNLOADS[kind], "script") == ["rows.csv"]
    assert downloaded(site, site.open("sandbox", "frame"), DOWNLOADS[kind], "script") == []


FORM = (
    "make('form', { action: url, method: 'post', target: '', id: 'form' });"
    " document.getElementById('form').submit()"
)


@attack("form", by=By.PAGE, stops=Stops(HEADERS, "\"form-action 'none'\",", '"form-action *",'))
@pytest.mark.parametrize("target", ["", "_blank"])
def test_no_form_is_sent(site, control, target):
    with control("from a plain proxy's frame it is"):
        assert goes(site, site.openly(), FORM, 1)
    opened = site.open("our script", "around", "sandbox", "frame")
    assert goes(site, opened, FORM.replace("target: ''", f"target: '{target}'")) == set()


@attack("form", by=By.PAGE, stops=Stops(HEADERS, "\"form-action 'none'\",", '"form-action *",'))
def test_no_form_is_sent_to_the_workspace_itself_either(site, control):
    """Our script lets the page go there: it would be a request with a body and a document for an answer."""

    def asks(opened) -> bool:
        page, frame = opened
        asked: list[str] = []
        page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
        site.attack(frame, {"x": FORM}, f"{BASE}lab/tree")
        page.wait_for_timeout(700)
        return any(one.startswith("POST ") and one.endswith("lab/tree/x") for one in asked)

    with control("in a page of a plain proxy it is"):
        assert asks(site.openly())
    assert not asks(site.open())
