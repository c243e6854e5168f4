"""Requests that a page makes by itself, or that text in it makes: each kind has its line of the policy.

The worst is assumed: script of the attacker's runs in the workspace's page. Text alone can do less.
"""

import pytest

from tests.attacks.claims import By, Stops, attack
from tests.attacks.pages import browser, site, whole_site

__all__ = ["browser", "site", "whole_site"]
pytestmark = pytest.mark.browser
HEADERS = "workspaces/gate/headers.py"
OUR_IMAGES = 'f"img-src {base}/static/ {base}/lab/ {base}/kernelspecs/ data: blob:",'
OUR_STYLES = "f\"style-src {base}/static/ {base}/lab/ 'unsafe-inline'\","
IMAGES = {
    "image": "html(`<img src=${url}>`)",
    "picture": "html(`<picture><source srcset=${url}><img src=x:></picture>`)",
    "drawing": "html(`<svg width=9 height=9><image href=${url} width=9 height=9 /></svg>`)",
    "inline-style": "html(`<p style='background: url(${url})'>x</p>`)",
    "sheet": "html(`<p class=sheet>x</p>`); style(`p.sheet { background: url(${url}) }`)",
    "list": "html(`<ul style='list-style-image: url(${url})'><li>x</ul>`)",
    "button": "html(`<input type=image src=${url}>`)",
    "poster": "html(`<video poster=${url}></video>`)",
    "unseen": "new Image().src = url",
}
STYLES = {
    "import": "style(`@import url(${url});`)",
    "link": "make('link', { rel: 'stylesheet', href: url })",
}
FONTS = {
    "face": "html(`<p style='font-family: f'>x</p>`); style(`@font-face { font-family: f; src: url(${url}) }`)",
    "object": "new FontFace('made', `url(${url})`).load().catch(() => 0)",
}
CONNECTIONS = {
    "fetch": "fetch(url, { mode: 'no-cors' }).catch(() => 0)",
    "kept": "fetch(url, { mode: 'no-cors', method: 'POST', keepalive: true, body: 'x' }).catch(() => 0)",
    "beacon": "navigator.sendBeacon(url, 'x')",
    "request": "const r = new XMLHttpRequest(); r.open('GET', url); r.send()",
    "channel": "new WebSocket(url.replace('http', 'ws'))",
    "events": "new EventSource(url)",
    "ping": "html(`<a id=ping href='#' ping=${url}>x</a>`); document.getElementById('ping').click()",
    "worker": "new Worker(URL.createObjectURL(new Blob([`fetch('${url}', { mode: 'no-cors' })`])))",
}
MEDIA = {
    "video": "html(`<video src=${url} autoplay></video>`)",
    "audio": "html(`<audio src=${url} autoplay></audio>`)",
    "source": "html(`<video autoplay><source src=${url} type=video/mp4></video>`)",
    "prefetch": "make('link', { rel: 'prefetch', href: url })",
}
FRAMES = {"iframe": "make('iframe', { src: url })"}


def openly(site, vectors) -> set[str]:
    """Which are heard from the page that a plain proxy hands on."""
    return site.left(site.openly()[1], vectors, len(vectors))


@attack("beacon-image", by=By.PAGE, stops=Stops(HEADERS, OUR_IMAGES, '"img-src *",'))
def test_no_image_is_asked_for_outside(site, control):
    with control("in a page of a plain proxy each is asked for"):
        assert openly(site, IMAGES) == set(IMAGES)
    assert site.left(site.open()[1], IMAGES) == set()


@attack("beacon-style", by=By.PAGE, stops=Stops(HEADERS, OUR_STYLES, "\"style-src * 'unsafe-inline'\","))
def test_no_style_is_asked_for_outside(site, control):
    with control("in a page of a plain proxy each is asked for"):
        assert openly(site, STYLES) == set(STYLES)
    assert site.left(site.open()[1], STYLES) == set()


@attack(
    "beacon-font",
    by=By.PAGE,
    stops=Stops(HEADERS, 'f"font-src {base}/static/ {base}/lab/ data:",', '"font-src *",'),
)
def test_no_font_is_asked_for_outside(site, control):
    with control("in a page of a plain proxy each is asked for"):
        assert openly(site, FONTS) == set(FONTS)
    assert site.left(site.open()[1], FONTS) == set()


@attack(
    "beacon-connection", by=By.PAGE, stops=Stops(HEADERS, 'f"connect-src {base}/ {channel}/",', '"connect-src *",')
)
def test_nothing_is_sent_outside_by_script_or_by_a_link_that_tells(site, control):
    with control("in a page of a plain proxy each is sent"):
        assert openly(site, CONNECTIONS) == set(CONNECTIONS)
    assert site.left(site.open()[1], CONNECTIONS) == set()


@attack("beacon-media", by=By.PAGE, stops=Stops(HEADERS, "\"default-src 'none'\",", '"default-src *",'))
def test_whatever_has_no_line_of_its_own_is_not_asked_for(site, control):
    with control("in a page of a plain proxy each is asked for"):
        assert openly(site, MEDIA) == set(MEDIA)
    assert site.left(site.open()[1], MEDIA) == set()


@attack("beacon-frame", by=By.PAGE, stops=Stops(HEADERS, "\"frame-src 'none'\",", '"frame-src *",'))
def test_no_frame_is_opened_within_the_workspaces_page(site, control):
    with control("in a page of a plain proxy it is opened"):
        assert openly(site, FRAMES) == set(FRAMES)
    assert site.left(site.open()[1], FRAMES) == set()
