"""Who takes part in the demo: data only, read by the identity provider's set-up, the seeding and the tests."""

from dataclasses import dataclass

# Each platform role and the group of the identity provider that gives it: the defaults of `enclave/settings.py`.
GROUPS = {
    "admin": "enclave-admins",
    "output-checker": "enclave-output-checkers",
    "data-controller": "enclave-data-controllers",
    "auditor": "enclave-auditors",
}


@dataclass(frozen=True)
class Person:
    """`role` is the platform role, "" for a researcher; `projects` are those that they are a member of."""

    name: str
    display_name: str
    role: str = ""
    projects: tuple[str, ...] = ()

    @property
    def email(self) -> str:
        return f"{self.name}@example.org"


PEOPLE = (
    Person("alice", "Alice Martin", projects=("tumour-ml",)),
    Person("bob", "Bob Lefebvre", projects=("tumour-ml", "diabetes-care")),
    Person("erin", "Erin Moreau", projects=("diabetes-care",)),
    Person("carol", "Carol Bernard", role="output-checker"),
    Person("chen", "Chen Wei", role="output-checker"),
    Person("adam", "Adam Petit", role="admin"),
    Person("dana", "Dana Rousseau", role="data-controller"),
    Person("diego", "Diego Garcia", role="data-controller"),
    Person("audrey", "Audrey Fontaine", role="auditor"),
)


def of_name(name: str) -> Person:
    """The person called so; raise `KeyError`."""
    return {person.name: person for person in PEOPLE}[name]
