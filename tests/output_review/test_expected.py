"""An author reads by when an answer is expected: on the request's page, in the list, around the workspace."""

from datetime import timedelta

from sqlalchemy import update

from enclave.clock import now
from output_review.tables import requests
from tests.output_review.kit import approved, as_person, returned, submitted
from tests.output_review.test_pages import page


async def test_an_author_reads_by_when_an_answer_is_expected_and_that_it_is_late(client, desk):
    request = submitted(desk)
    due = f"{request.due.day} {request.due:%b %Y, %H:%M} UTC"
    hours = request.policy.response_hours
    for path in (f"/desk/requests/{request.id}", "/desk/requests"):
        text = await page(client, "alice", path)
        assert f"Expect an answer by {due} (this project&#39;s target is {hours} h)." in text, path
    late = submitted(desk, {"b.csv": b"b"})
    with desk.database.write() as connection:
        long_ago = now() - timedelta(hours=hours + 1)
        connection.execute(update(requests).where(requests.c.id == late.id).values(waiting_since=long_ago))
    text = await page(client, "alice", f"/desk/requests/{late.id}")
    assert "it is late" in text and "Expect an answer" not in text
    approved(desk, request)
    assert "Expect an answer" not in await page(client, "alice", f"/desk/requests/{request.id}")


async def test_the_page_around_a_workspace_says_in_a_line_what_its_author_waits_for(client, desk):
    async def brief(person, project="tumour-ml"):
        answer = await client.get(f"/desk/requests/brief?project={project}", headers=as_person(person))
        return await answer.json()

    nothing = {"text": "", "href": "/desk/requests"}
    assert await brief("alice") == nothing
    first = submitted(desk)
    due = f"{first.due.day} {first.due:%b %Y, %H:%M} UTC"
    said = {"text": f"Request {first.id} in review, answer expected by {due}"}
    assert await brief("alice") == said | {"href": f"/desk/requests/{first.id}"}
    for other in (await brief("bob"), await brief("carol"), await brief("alice", "diabetes-care")):
        assert other == nothing, "everybody their own, in this project"
    submitted(desk, {"b.csv": b"b"})
    back = returned(desk, submitted(desk, {"c.csv": b"c"}))
    text = (await brief("alice"))["text"]
    assert text == f"Request {back.id} returned to you; 2 requests in review, first answer expected by {due}"
    answer = await client.get("/desk/requests/brief?project=../x", headers=as_person("alice"))
    assert answer.status == 400
