"""The first journey fails where it must: who may not decide, submit or download.

Each test has its control: the same request by somebody, or of something, for whom it is right.
"""

import hashlib
import re
from collections.abc import Iterator

import pytest

from tests.running import Stack
from tests.stack.people import People, Person
from tests.stack.submitting import call, submit

pytestmark = pytest.mark.stack
PROJECT = "diabetes-care"
TEXT = "model,accuracy\nlogistic regression,0.93\n"


@pytest.fixture(scope="module")
def request_number(stack: Stack, erin: Person, people: People) -> Iterator[int]:
    """A request of erin's that waits for an output checker; withdrawn at the end."""
    status, made = submit(stack, "erin", PROJECT, TEXT)
    assert status == 201, made
    yield made["id"]
    call(stack, "erin", PROJECT, "POST", f"/v1/requests/{made['id']}/withdraw")


def version_on_page(person: Person, number: int) -> str:
    page = person.get(f"/desk/requests/{number}").text
    return re.search(r'name="version" value="(\d+)"', page)[1]  # type: ignore[index]


def decision(version: str) -> dict[str, str]:
    return {"version": version, "round": "1", "verdict-1": "approved", "reason-1": "", "comment": "Fine.",
            "action": "vote"}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "statuses"),
    [("alice", (404,)), ("erin", (403,)), ("bob", (403,)), ("adam", (403, 404)), ("dana", (404,))],
)
def test_nobody_but_an_output_checker_approves(
    people: People, request_number: int, name: str, statuses: tuple[int, ...]
) -> None:
    """Alice is a stranger to this project, erin the author, bob a member, adam an admin, dana a data controller."""
    carol = people("carol")
    version = version_on_page(carol, request_number)
    where = f"/desk/requests/{request_number}/decide"
    asked = carol.post(where, data=decision(version))  # the control: she is asked to confirm, and does not
    assert asked.status_code == 200 and 'name="confirmed"' in asked.text
    confirmed = re.search(r'name="confirmed" value="([0-9a-f]{64})"', asked.text)[1]  # type: ignore[index]
    answer = people(name).post(where, data=decision(version) | {"confirmed": confirmed})
    assert answer.status_code in statuses, answer.text
    assert "Waiting for an output checker" in carol.get(f"/desk/requests/{request_number}").text


def test_an_unreleased_file_cannot_be_downloaded(
    stack: Stack, people: People, erin: Person, request_number: int
) -> None:
    digest = hashlib.sha256(TEXT.encode()).hexdigest()
    kept = stack.layout.objects / digest[:2] / digest
    assert kept.read_text() == TEXT, "the control: the copy is there, under this digest"
    assert people("carol").get(f"/desk/requests/{request_number}/files/1/preview").status_code == 200
    ways = [f"/desk/requests/{request_number}/files/{n}/download" for n in (1, 0, 2, 9999)]
    ways += [f"/desk/requests/{request_number + n}/files/1/download" for n in (-1, 1, 1000)]
    ways += [f"/desk/requests/{request_number}/files/{digest}/download", f"/desk/files/{digest}", f"/desk/{digest}",
             f"/outputs/objects/{digest[:2]}/{digest}", f"/desk/objects/{digest[:2]}/{digest}",
             f"/desk/requests/{request_number}/files/1", f"/desk/requests/{request_number}/files/1/preview",
             f"/desk/static/../../outputs/objects/{digest[:2]}/{digest}"]  # fmt: skip
    for name in ("erin", "bob", "alice", "adam", ""):
        person = people(name) if name else people.nobody()
        for way in ways:
            answer = person.get(way)
            assert answer.status_code >= 400 or "Location" in answer.headers, (name, way)
            assert "0.93" not in answer.text, (name, way)


def test_a_workspace_submits_for_nobody_else(stack: Stack, erin: Person) -> None:
    before = stack.answer("request", "list")
    lies = {"project": "tumour-ml", "author": "bob", "person": "bob", "slug": "tumour-ml"}
    headers = {"X-Enclave-Person": "bob", "X-Enclave-Project": "tumour-ml", "Host": "tumour-ml"}
    status, made = submit(stack, "erin", PROJECT, TEXT, None, **headers)
    assert (status, made["author"], made["project"]) == (201, "erin", PROJECT), made
    call(stack, "erin", PROJECT, "POST", f"/v1/requests/{made['id']}/withdraw")
    status, made = submit(stack, "erin", PROJECT, TEXT, lies)
    if status == 201:  # what it says besides is not read
        assert (made["author"], made["project"]) == ("erin", PROJECT)
        call(stack, "erin", PROJECT, "POST", f"/v1/requests/{made['id']}/withdraw")
    fresh = [row for row in stack.answer("request", "list") if row not in before]
    assert {(row["author"], row["project"]) for row in fresh} <= {("erin", PROJECT)}


def test_a_workspace_neither_sees_nor_touches_others_requests(
    stack: Stack, people: People, erin: Person, request_number: int
) -> None:
    people("bob").start(PROJECT)
    assert call(stack, "erin", PROJECT, "GET", f"/v1/requests/{request_number}")[0] == 200
    for person, project in (("bob", PROJECT), ("bob", "tumour-ml")):
        people("bob").start(project)
        assert call(stack, person, project, "GET", f"/v1/requests/{request_number}")[0] == 404
        assert call(stack, person, project, "POST", f"/v1/requests/{request_number}/withdraw")[0] == 404
        assert request_number not in [
            r["id"] for r in call(stack, person, project, "GET", "/v1/requests")[1]["requests"]
        ]


@pytest.mark.parametrize(
    "way", ["/desk/queue", "/v1/../desk/queue", "/inward/v1/requests", "/v1/requests/1/decide", "/home",
            "/gate/activity", "/hub/people", "/guard/standing"],
)  # fmt: skip
def test_a_workspace_reaches_nothing_else_of_the_desk(stack: Stack, erin: Person, way: str) -> None:
    for method in ("GET", "POST"):
        assert call(stack, "erin", PROJECT, method, way, **{"X-Enclave-Person": "carol"})[0] == 404
    assert call(stack, "erin", PROJECT, "GET", "/v1/policy")[0] == 200


@pytest.mark.parametrize("name", ["X-Enclave-Person", "x-enclave-person", "X_Enclave_Person"])
def test_a_name_in_a_header_from_outside_changes_nothing(people: People, request_number: int, name: str) -> None:
    where = f"/desk/requests/{request_number}/files/1/preview"
    assert people("carol").get(where).status_code == 200
    assert people("alice").get(where, headers={name: "carol"}).status_code == 404
    assert people.nobody().get(where, headers={name: "carol"}).status_code == 401
    assert (
        people("alice").get("/desk/queue", headers={name: "carol", "X-Enclave-Project": PROJECT}).status_code == 403
    )


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost:18001", "http://localhost:18000.evil.example", ""]
)
def test_a_page_of_another_origin_changes_nothing(people: People, request_number: int, origin: str) -> None:
    carol = people("carol")
    headers = {"Origin": origin} if origin else {"Origin": None, "Sec-Fetch-Site": "cross-site"}
    where = f"/desk/requests/{request_number}/decide"
    form = decision(version_on_page(carol, request_number))
    assert carol.post(where, data=form, headers=headers).status_code == 403
    for verb in ("start", "stop", "keep"):
        assert people("erin").post(f"/workspace/{PROJECT}/{verb}", headers=headers).status_code == 403
    assert carol.post(where, data=form).status_code == 200  # the control, from our own page
