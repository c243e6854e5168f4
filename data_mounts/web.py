"""What this room puts on the desk: the Hub's questions, and the pages of members, data controllers and admins."""

from data_mounts.handlers import admin, controllers, home, hub
from enclave.people import Person, Role
from enclave.web.rooms import Caller, NavItem, Room, Route


def _decides(person: Person) -> bool:
    return person.has(Role.DATA_CONTROLLER)


room = Room(
    name="data_mounts",
    package="data_mounts",
    routes=(
        Route(Caller.HUB, "POST", "/hub/people", hub.login),
        Route(Caller.HUB, "GET", "/hub/access/{person}/{project}", hub.access),
        Route(Caller.GATE, "GET", "/home", home.home),
        Route(Caller.GATE, "GET", "/desk/projects/{slug}", home.project_page),
        Route(Caller.GATE, "GET", "/desk/grants", controllers.grants_page),
        Route(Caller.GATE, "POST", "/desk/grants/{number}/{verb}", controllers.decide),
        Route(Caller.GATE, "GET", "/desk/admin", admin.overview),
        Route(Caller.GATE, "GET", "/desk/admin/projects/{slug}", admin.project_file),
        Route(Caller.GATE, "POST", "/desk/admin/projects/{slug}/policy", admin.policy),
        Route(Caller.GATE, "POST", "/desk/admin/projects/{slug}/{verb}", admin.turn),
        Route(Caller.GATE, "POST", "/desk/admin/people/{name}/{verb}", admin.block),
    ),
    nav=(
        NavItem("Grants", "/desk/grants", _decides),
        NavItem("Projects and people", "/desk/admin", admin.is_admin),
    ),
)
