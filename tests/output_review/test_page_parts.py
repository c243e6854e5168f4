"""What every page of the room holds to: names are text, and its static files are these."""

import pytest

from tests.output_review.kit import TABLE, submitted
from tests.output_review.test_pages import page


async def test_a_name_is_shown_as_text_whatever_it_looks_like(client, desk):
    request = submitted(desk, {"<img src=x onerror=alert(1)>.csv": TABLE})
    for person in ("alice", "carol"):
        assert "<img src=x" not in await page(client, person, f"/desk/requests/{request.id}")


@pytest.mark.parametrize(
    ("name", "status"),
    [("review.css", 200), ("preview.css", 404), ("review.js", 200), ("other.css", 404), ("..%2fcli.py", 404)],
)
async def test_the_rooms_own_static_files_and_no_other(client, name, status):
    answer = await client.get(f"/desk/review/static/{name}")
    assert answer.status == status
