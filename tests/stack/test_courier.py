"""The courier's container takes notices to a real mail server: nothing of a file is in a mail, and without the
profile nothing leaves at all.

The mail server is at an address reserved for documentation (RFC 5737), on a network that the test makes.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from enclave.layout import COURIER_UID
from tests.output_review.mailboxes import Box, a_server
from tests.running import Stack, docker
from tests.stack.people import People, Person, until
from tests.stack.submitting import submit

pytestmark = pytest.mark.stack
PROJECT, HOST = "diabetes-care", "203.0.113.1"
SECRET, PASSWORD = "cell-of-a-single-patient-7041", "the-couriers-password"
SETTINGS = ("HOST", "PORT", "USER", "FROM")


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Box, int, Path]]:
    """A mail server that wants encryption and a login: what it was given, its port, its authority."""
    network = "enclave-test-mail"
    docker("network", "rm", network, check=False)
    docker("network", "create", "--subnet", "203.0.113.0/24", "--gateway", HOST, network)
    folder = tmp_path_factory.mktemp("mail")
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    name = ["-subj", "/CN=mail", "-addext", f"subjectAltName=IP:{HOST}"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run(["openssl", "req", *kind, *name, *files], check=True, capture_output=True)
    found = Box(PASSWORD)
    try:
        with a_server(found, folder, HOST) as port:
            yield found, port, folder / "cert.pem"
    finally:
        docker("network", "rm", network, check=False)


@pytest.fixture(scope="module", autouse=True)
def nobody_mails_afterwards(stack: Stack) -> Iterator[None]:
    yield
    if couriers(stack):
        turn_off(stack)


def turn_on(stack: Stack, port: int, authority: Path) -> None:
    secrets = stack.layout.secrets("courier")
    for name, text in (("smtp_password", PASSWORD), ("smtp_authorities.pem", authority.read_text())):
        (secrets / name).write_text(text)
        subprocess.run(["chown", f"{COURIER_UID}:{COURIER_UID}", str(secrets / name)], check=True)
        (secrets / name).chmod(0o400)
    values = (HOST, str(port), "courier", "enclave@example.org")
    stack.make("up", **{f"ENCLAVE_SMTP_{name}": value for name, value in zip(SETTINGS, values, strict=True)})


def turn_off(stack: Stack) -> None:
    """As docs/operations.md tells."""
    remembered = stack.layout.root / "instance.env"
    kept = [line for line in remembered.read_text().splitlines() if not line.startswith("ENCLAVE_SMTP_")]
    remembered.write_text("\n".join(kept) + "\n")
    stack.make("up")
    for file in stack.layout.secrets("courier").iterdir():
        file.unlink()


def couriers(stack: Stack) -> list[str]:
    """The instance's containers that have the network of the mails."""
    label = f"label=enclave={stack.instance}"
    return docker(
        "ps", "--all", "--filter", label, "--filter", "name=courier", "--format", "{{.Names}}"
    ).stdout.split()


def test_a_notice_leaves_by_mail_without_anything_of_the_file_and_only_while_mail_is_set_up(
    stack: Stack, people: People, erin: Person, box: tuple[Box, int, Path]
) -> None:
    for name in ("carol", "chen"):
        people(name)  # whoever has logged in once has an address
    mails, port, authority = box
    status, asked = submit(stack, "erin", PROJECT, f"{SECRET}\n1\n")
    assert status == 201, asked
    assert couriers(stack) == [] and mails.mails == [], "the control: told in the pages, and nothing leaves"

    turn_on(stack, port, authority)
    subject = f"[{stack.instance}] Request {asked['id']} of {PROJECT} waits for an output checker"
    until(lambda: len([one for _, one in mails.mails if one["Subject"] == subject]) == 2, 60)
    taken = [(to, one) for to, one in mails.mails if one["Subject"] == subject]
    assert sorted(to for to, _ in taken) == sorted(
        [str(stack.accounts[name]["email"])] for name in ("carol", "chen")
    )
    assert all(mails.encrypted) and {one.password for one in mails.logins} == {PASSWORD.encode()}
    for _, one in taken:
        assert f"{stack.url}/desk/requests/{asked['id']}" in one.get_content()
        whole = one.as_string() + one.get_content()
        assert not [word for word in (SECRET, "table.csv", "A table", "By hand", "None needed") if word in whole]

    turn_off(stack)
    before = len(mails.mails)
    assert couriers(stack) == []
    assert submit(stack, "erin", PROJECT, f"{SECRET}\n2\n")[0] == 201
    assert len(mails.mails) == before
