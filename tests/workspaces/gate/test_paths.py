"""The table of paths, and the tricks that are refused before it is asked."""

import string
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enclave.errors import BadInput
from workspaces.gate.paths import (
    ASSET_TYPES,
    DESTINATIONS,
    MADE_BY,
    RULES,
    TERMINALS,
    Kind,
    asset_type,
    refuse_tricks,
    rule_for,
)

paths = st.text(alphabet=string.ascii_letters + string.digits + "/.%\\-_2fFeE5cC0#? \x00é", max_size=40)


@given(paths)
def test_whatever_is_accepted_has_one_reading(path):
    try:
        refuse_tricks("/" + path)
    except BadInput:
        return
    decoded = unquote("/" + path)
    # Decoding moved no border between segments, and no segment is empty, `.` or `..`.
    assert decoded.count("/") == path.count("/") + 1
    assert not {"", ".", ".."} & set(decoded.split("/")[1:-1])
    assert decoded.split("/")[-1] not in (".", "..")
    assert "\\" not in decoded
    assert all(c.isprintable() or c == "\ufffd" for c in decoded)


@given(
    st.lists(
        st.sampled_from(["lab", "api", "contents", "..", ".", "", "%2e%2e", "%2F", "files", "a b"]), max_size=6
    )
)
def test_no_dressing_up_reaches_what_is_not_on_the_list(parts):
    path = "/".join(parts)
    try:
        refuse_tricks("/user/alice/tumour-ml/" + path)
    except BadInput:
        return
    rule = rule_for(path, "GET")
    if rule is not None:
        assert parts[0] in ("lab", "api")


@pytest.mark.parametrize(
    "path", ["lab/tree/project/%C3%A9t%C3%A9%20100%25.ipynb", "lab/extensions/@jupyterlab/a/b.js"]
)
def test_names_that_people_give_their_files_pass(path):
    refuse_tricks("/user/alice/tumour-ml/" + path)
    assert rule_for(path, "GET") is not None


@pytest.mark.parametrize(
    "path",
    [
        "files/project/data.csv",
        "view/project/page.html",
        "nbconvert/html/project/a.ipynb",
        "terminals/1",
        "terminals/websocket/1/x",
        "lab/api/build",
        "lab/api/listings/x",
        "lab/workspaces/..a",
        "tree",
        "doc",
        "notebooks/a.ipynb",
        "lab/api/extensions",
        "lab/api/licenses",
        "metrics",
        "login",
        "logout",
        "custom/custom.css",
        "api/shutdown",
        "",
        "static/",
        "laboratory",
        "api/kernels/1/channels/x",
    ],
)
def test_what_is_not_listed_is_not_there(path):
    for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "CONNECT"):
        assert rule_for(path, method) is None


def test_only_the_methods_of_a_line_are_accepted():
    assert rule_for("lab", "GET").kind is Kind.DOCUMENT
    assert rule_for("lab", "POST") is None
    assert rule_for("api/contents/project/a.ipynb", "PUT").kind is Kind.DATA
    assert rule_for("api/kernels/1/channels", "GET").kind is Kind.CHANNEL
    assert rule_for("api/kernels/1/channels", "POST") is None


def test_every_line_says_why():
    assert all(rule.why and rule.methods for rule in RULES)


def test_terminals_are_lines_that_need_the_projects_policy():
    needy = [rule for rule in RULES if rule.needs]
    assert {rule.needs for rule in needy} == {TERMINALS}
    assert all("terminals" in rule.pattern for rule in needy)
    assert not any("terminals" in rule.pattern for rule in RULES if not rule.needs)


def test_nothing_but_the_frame_asks_for_a_document_and_nothing_shows_data_as_one():
    documents = {"document", "iframe", "frame", "embed", "object", "serviceworker", "sharedworker"}
    for kind in Kind:
        assert DESTINATIONS[kind] & documents == ({"iframe"} if kind is Kind.DOCUMENT else set())
        assert MADE_BY[kind].startswith("the workspace") is (kind in (Kind.DATA, Kind.CHANNEL))


def test_the_type_of_a_static_file_follows_from_its_name():
    assert asset_type("static/lab/main.abc.js") == "text/javascript; charset=utf-8"
    assert asset_type("kernelspecs/python3/logo-64x64.PNG") == "image/png"
    for name in ("page.html", "page.xhtml", "none", "a.js.html", "data.json", "a.pdf"):
        assert asset_type(name) == "application/octet-stream"
    assert not any("html" in value for value in ASSET_TYPES.values())


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "enclave/checks/1/1"),
        ("DELETE", "enclave/checks/1"),
        ("GET", "enclave/checks/1/x"),
        ("DELETE", "enclave/requests"),
        ("GET", "enclave/stripped-copy"),
        ("PUT", "enclave/checks"),
        ("GET", "enclave/data/wdbc.csv"),
        ("GET", "enclave"),
    ],
)
def test_our_extension_is_asked_what_it_offers_and_nothing_else(method, path):
    assert rule_for(path, method) is None


@pytest.mark.parametrize(
    ("methods", "path"),
    [
        ("GET POST", "enclave/requests"),
        ("POST", "enclave/requests/12/resubmit"),
        ("POST", "enclave/requests/12/files/3/withdraw"),
        ("GET POST DELETE", "enclave/checks"),
        ("GET", "enclave/checks/3/20"),
        ("POST", "enclave/stripped-copy"),
    ],
)
def test_what_it_offers_is_data_and_counted_like_any_reply(methods, path):
    for method in methods.split():
        rule = rule_for(path, method)
        assert rule is not None and rule.kind is Kind.DATA
