"""This room on the desk: the checkers' queue, a request's page, the researchers' list, the inward door, the API."""

from enclave.people import Person
from enclave.web.rooms import Caller, NavItem, Room, Route
from output_review.courier.errand import PATH as MAILS
from output_review.release import keep_expiring, keep_releasing
from output_review.web import (
    bulk,
    checks,
    courier,
    decide,
    download,
    evidence,
    figures,
    inward,
    lists,
    notices,
    policies,
    queue,
    request,
    static,
)
from output_review.web.api import ROUTES
from output_review.web.start import tidy

_REQUEST = r"/desk/requests/{id:\d{1,9}}"
_FILE = _REQUEST + r"/files/{number:\d{1,4}}"
_INWARD = "/inward/v1"
_RUN = r"/guard/checks/{run:\d{1,9}}"


def _anybody(_person: Person) -> bool:
    """Anybody may be a member of a project, whatever else they are."""
    return True


room = Room(
    name="output_review",
    package="output_review",
    routes=(
        Route(Caller.GATE, "GET", "/desk/", lists.start),
        Route(Caller.GATE, "GET", "/desk/queue", queue.queue_page),
        Route(Caller.GATE, "POST", "/desk/queue/return", bulk.return_many),
        Route(Caller.GATE, "GET", "/desk/requests", lists.requests_page),
        Route(Caller.GATE, "GET", "/desk/requests/brief", lists.brief),
        Route(Caller.GATE, "GET", "/desk/figures", figures.figures_page),
        Route(Caller.GATE, "GET", "/desk/notices", notices.notices_page),
        Route(Caller.GATE, "GET", "/desk/notices/count", notices.count),
        Route(Caller.GATE, "POST", "/desk/notices/read", notices.read),
        Route(Caller.GATE, "GET", _REQUEST, request.request_page),
        Route(Caller.GATE, "POST", _REQUEST + "/decide", decide.decide),
        Route(Caller.GATE, "POST", _REQUEST + "/withdraw", decide.withdraw),
        Route(Caller.GATE, "POST", _REQUEST + "/take-back", decide.take_back),
        Route(Caller.GATE, "POST", _REQUEST + "/claim", decide.claim),
        Route(Caller.GATE, "POST", _REQUEST + "/unclaim", decide.unclaim),
        Route(Caller.GATE, "POST", _REQUEST + "/comment", decide.comment),
        Route(Caller.GATE, "POST", _REQUEST + "/release", decide.release),
        Route(Caller.GATE, "POST", _REQUEST + "/recall", decide.recall),
        Route(Caller.GATE, "POST", _FILE + "/withdraw", decide.withdraw_file),
        Route(Caller.GATE, "GET", _FILE + "/preview", evidence.preview),
        Route(Caller.GATE, "GET", _FILE + "/window", evidence.window),
        Route(Caller.GATE, "GET", _FILE + "/code", evidence.code),
        Route(Caller.GATE, "GET", _FILE + "/difference", evidence.difference),
        Route(Caller.GATE, "GET", _FILE + "/download", download.download),
        Route(Caller.GATE, "GET", _REQUEST + "/bundle", download.bundle),
        Route(Caller.GATE, "GET", _REQUEST + "/record", download.record),
        Route(Caller.GATE, "GET", "/desk/admin/review", policies.overview),
        Route(Caller.GATE, "GET", "/desk/admin/review/{slug}", policies.page),
        Route(Caller.GATE, "POST", "/desk/admin/review/{slug}", policies.change),
        Route(Caller.GATE, "GET", "/desk/review/static/{name}", static.static),
        *ROUTES,
        Route(Caller.GATE, "GET", _INWARD + "/policy", inward.policy),
        Route(Caller.GATE, "GET", _INWARD + "/requests", inward.list_requests),
        Route(Caller.GATE, "POST", _INWARD + "/requests", inward.submit),
        Route(Caller.GATE, "GET", _INWARD + r"/requests/{id:\d{1,9}}", inward.show),
        Route(Caller.GATE, "POST", _INWARD + r"/requests/{id:\d{1,9}}/withdraw", inward.withdraw),
        Route(Caller.GATE, "POST", _INWARD + r"/requests/{id:\d{1,9}}/resubmit", inward.resubmit),
        Route(
            Caller.GATE,
            "POST",
            _INWARD + r"/requests/{id:\d{1,9}}/files/{number:\d{1,4}}/withdraw",
            inward.withdraw_file,
        ),
        Route(Caller.GUARD, "POST", "/guard/checks/due", checks.due),
        Route(Caller.GUARD, "GET", _RUN, checks.standing),
        Route(Caller.GUARD, "POST", _RUN + "/lines", checks.line),
        Route(Caller.GUARD, "POST", _RUN + "/ended", checks.ended),
        Route(Caller.COURIER, "GET", MAILS, courier.due),
        Route(Caller.COURIER, "POST", MAILS + r"/{id:\d{1,9}}", courier.outcome),
    ),
    nav=(
        NavItem("Review queue", "/desk/queue", queue.reads_queue, "g q"),
        NavItem("Release requests", "/desk/requests", _anybody, "g r"),
        NavItem("Notices", "/desk/notices", _anybody, "g n", "/desk/notices/count"),
        NavItem("Figures", "/desk/figures", figures.sees_figures, "g f"),
        NavItem("Review policies", "/desk/admin/review", policies.is_admin),
    ),
    background=(tidy, keep_releasing, keep_expiring),
)
