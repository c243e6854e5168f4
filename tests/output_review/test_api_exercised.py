"""Schemathesis sends the API what its document allows and forbids, as different people, over a real socket."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode, checks

from output_review.lifecycle import TABLE
from output_review.reading import get_request
from output_review.vocabulary import Action, FileVerdict, Status
from output_review.web.api import document
from output_review.web.api.operation import ROOT
from output_review.web.api.operations import OPERATIONS
from tests.data_mounts.builders import login
from tests.output_review.kit import (
    PERSON_HEADER,
    a_desk,
    all_whole,
    approved,
    people_and_projects,
    policed,
    returned,
    submitted,
    voted,
)
from tests.output_review.served import served

PEOPLE = ("carol", "chen", "alice", "adam", "boss", "insider", "audrey", "erin", "zoe")
COUNT = 14  # requests
FIRST = ("release", "download")  # before approvals are withdrawn and releases recalled
EXAMPLES = {GenerationMode.POSITIVE: 60, GenerationMode.NEGATIVE: 12}
CHECKS = (
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
)


@pytest.fixture
def desk(database, tmp_path):
    """Requests in every state that a person can act in; in one project checkers release, in the other the desk."""
    people_and_projects(database)
    with database.write() as connection:
        login(connection, "zoe")
    desk = a_desk(database, tmp_path, grace=0)
    policed(desk, "diabetes-care", release_by="checker")
    for author, project in (("alice", "tumour-ml"), ("erin", "diabetes-care")):
        every = [submitted(desk, {"t.csv": f"{author} {n}".encode()}, author, project) for n in range(COUNT // 2)]
        voted(desk, every[1])
        voted(desk, every[2])
        voted(desk, every[2], "chen", rejected=(1,))
        returned(desk, every[3])
        approved(desk, every[4])
        approved(desk, every[5])
    return desk


@pytest.mark.filterwarnings("default")  # what the exerciser's own libraries warn of
def test_whatever_is_sent_is_answered_as_the_document_says_and_breaks_no_rule(desk):
    schema = schemathesis.openapi.from_dict(document(OPERATIONS) | {"security": []})  # the gate's part
    before = all_whole(desk.database, desk.settings.layout)
    seen = set()
    with served(desk) as address:
        for declared in sorted(OPERATIONS, key=lambda one: one.name not in FIRST):
            operation = schema[declared.path][declared.method]
            nothing_to_break = not (declared.query or declared.body or declared.places())
            for mode, examples in EXAMPLES.items():
                if mode is GenerationMode.POSITIVE or not nothing_to_break:
                    exercise(desk, declared.name, operation, mode, examples, address + ROOT, seen)
    after = all_whole(desk.database, desk.settings.layout)
    # The control: people got through and were refused, and requests were really changed by what was sent.
    assert {200, 400, 403, 404, 409} <= seen
    assert sum(one.version != two.version for one, two in zip(before, after, strict=True)) > 3
    assert any(one.status in (Status.RELEASED, Status.RECALLED) for one in after)


def exercise(desk, name, operation, mode, examples, address, seen):
    """One operation with what its schema allows or forbids, mostly of requests that are there."""

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), who=st.sampled_from(PEOPLE), data=st.data())
    def send(case, who, data):
        if mode is GenerationMode.POSITIVE and data.draw(st.integers(0, 3)):
            fit(desk, name, case, data.draw)
        answer = case.call(base_url=address, headers={PERSON_HEADER: who})
        case.validate_response(answer, checks=CHECKS)
        seen.add(answer.status_code)

    send()


def fit(desk, name, case, draw):
    """Make what was drawn from the schema about a request that is there, as it is, and mostly complete."""
    if "id" not in (case.path_parameters or {}):
        return
    chance, verdict = draw(st.integers(0, 1000)), draw(st.sampled_from(list(FileVerdict)))
    with desk.database.read() as connection:
        every = [get_request(connection, number) for number in range(1, COUNT + 1)]
    fitting = [one for one in every if name in set(Action) and (one.status, Action(name)) in TABLE]
    request = (fitting or every)[chance % len(fitting or every)]
    case.path_parameters["id"] = request.id
    if not isinstance(case.body, dict):
        return
    case.body.update({name: getattr(request, name) for name in {"version", "round"} & set(case.body)})
    case.body.update(dict.fromkeys({"comment", "text"} & set(case.body), "because"))
    if "files" in case.body:
        case.body["files"] = [{"number": 1, "verdict": str(verdict), "reason": "so"}]
