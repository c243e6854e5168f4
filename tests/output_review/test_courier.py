"""The courier takes what is due to a real mail server, encrypted, at least once, and carries nothing else."""

import email
import subprocess
from dataclasses import replace
from email.policy import default
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from enclave import audit
from enclave.clock import now
from enclave.errors import BadInput
from enclave.mail import Smtp, Tls
from enclave.people import people
from enclave.settings import Settings
from enclave.web.rooms import Caller
from output_review import post, store
from output_review.courier.__main__ import carry
from output_review.courier.message import Mail, address, message
from output_review.reading import get_request
from output_review.tables import notices
from tests.output_review.kit import acting, returned, submitted
from tests.output_review.mailboxes import Box, a_server
from tests.output_review.served import served

WORDS = st.text(max_size=80)
HEADERS = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"]
HEADERS += ["Content-Type", "Content-Transfer-Encoding", "MIME-Version"]


# What is carried
@given(to=WORDS | st.emails(), subject=WORDS, text=WORDS)
def test_no_word_becomes_a_header_a_recipient_or_another_message(to, subject, text):
    try:
        made = message(Mail(7, to, subject, text), "enclave@example.org", "enclave", now())
    except BadInput:
        return
    read = email.message_from_bytes(made.as_bytes(), policy=default)
    assert sorted(read.keys()) == sorted(HEADERS) and not read.defects and not read.is_multipart()
    assert [one.addr_spec for one in read["To"].addresses] == [to]
    assert [one.addr_spec for one in read["From"].addresses] == ["enclave@example.org"]
    assert read["Subject"].strip() == subject.strip()
    assert read.get_content().replace("\r", "\n").split("\n")[0] == text.replace("\r", "\n").split("\n")[0]


@pytest.mark.parametrize("to", [
    "carol@example.org\r\nBcc: eve@evil.example", "carol@example.org\n", "a@b,eve@evil.example", "", "carol",
    "@example.org", "carol@", "<carol@example.org>", "Carol <carol@example.org>", "carol@example.org eve@evil.org",
    "x" * 250 + "@example.org", "cärol@example.org", "carol@exa\x00mple.org", "(c)carol@example.org",
])  # fmt: skip
def test_an_address_is_one_plain_mailbox(to):
    with pytest.raises(BadInput, match="no mail address"):
        address(to)


# Where it goes
@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
    ]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run([*command, *files], check=True, capture_output=True)
    return folder


@pytest.fixture
def at_the_desk(desk, tmp_path):
    """The desk's socket for the courier, with notices for carol, chen, cleo and bob."""
    returned(desk, submitted(desk, {"very-private-name.csv": b"x"}, author="bob"), comment="the secret word")
    with served(desk, caller=Caller.COURIER, path=tmp_path / "desk.sock"):
        yield tmp_path / "desk.sock"


def smtp(port, tls=Tls.NONE, user=""):
    return Smtp("localhost", port, user, None, "enclave@example.org", tls)


def waiting(desk):
    with desk.database.read() as connection:
        return [one.person for one in post.to_mail(connection, now())]


def test_a_mail_says_what_happened_and_where_and_nothing_of_what_was_asked(desk, at_the_desk):
    box = Box()
    with a_server(box) as port:
        assert carry(at_the_desk, smtp(port), "", "enclave") == 4
        assert carry(at_the_desk, smtp(port), "", "enclave") == 0, "each once"
    assert [to for to, _ in box.mails] == [[f"{name}@example.org"] for name in ("carol", "chen", "cleo", "bob")]
    mail = box.mails[3][1]
    assert mail["Subject"] == "[enclave] Request 1 of tumour-ml was returned with a comment"
    text = mail.get_content()
    assert "http://localhost:8000/desk/requests/1" in text and "Its author changes the files and resubmits" in text
    for _, one in box.mails:
        whole = one.as_string()
        assert not any(word in whole for word in ("secret", "private-name", "A table", "notebook", "Rounded"))
    with desk.database.read() as connection:
        assert audit.events(connection, "person:bob", 1)[0].event == "notice.mailed"


def test_a_mail_of_what_an_operator_did_says_for_whom_and_goes_however_long_the_names_are(desk, at_the_desk):
    with desk.database.write() as connection:
        carol = acting(connection, "carol", "tumour-ml")
        behalf = replace(carol, operator="operator:" + "x" * 60, reason="She is ill")
        request = get_request(connection, 1)
        store.withdraw(connection, replace(behalf, name="bob", member=True), 1, request.version, now())
    box = Box()
    with a_server(box) as port:
        carry(at_the_desk, smtp(port), "", "enclave")
    [mail] = [one for to, one in box.mails if to == ["bob@example.org"] and "withdrawn" in one["Subject"]]
    assert mail["Subject"] == "[enclave] Request 1 of tumour-ml was withdrawn"
    assert f"was withdrawn, by operator:{'x' * 36} for bob." in " ".join(mail.get_content().split())


def test_the_way_is_encrypted_and_the_password_sent_to_nobody_else(desk, at_the_desk, certificate, monkeypatch):
    box = Box()
    with a_server(box, certificate) as port:
        there = smtp(port, Tls.STARTTLS, "courier")
        assert carry(at_the_desk, there, "the-password", "enclave") == 0, "nobody vouches for this certificate"
        assert box.logins == [] and waiting(desk) == [], "put off"
        later(desk)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
        assert carry(at_the_desk, there, "wrong", "enclave") == 0 and box.mails == []
        later(desk)
        assert carry(at_the_desk, there, "the-password", "enclave") == 4
    assert box.encrypted == [True] * 4


def test_an_institutions_own_authority_vouches_and_then_no_other_does(
    desk, at_the_desk, certificate, tmp_path, monkeypatch
):
    box = Box()
    own = tmp_path / "smtp_authorities.pem"
    with a_server(box, certificate) as port:
        there = replace(smtp(port, Tls.STARTTLS, "courier"), authorities=own)
        assert carry(at_the_desk, there, "the-password", "enclave") == 0, "no such file: the system's, which do not"
        later(desk)
        own.write_bytes(b"no certificate")
        assert carry(at_the_desk, there, "the-password", "enclave") == 0
        later(desk)
        own.write_bytes((certificate / "cert.pem").read_bytes())
        assert carry(at_the_desk, there, "the-password", "enclave") == 4


def test_a_server_without_encryption_is_told_nothing(desk, at_the_desk):
    box = Box()
    with a_server(box) as port:
        assert carry(at_the_desk, smtp(port, Tls.STARTTLS, "courier"), "the-password", "enclave") == 0
        assert carry(at_the_desk, smtp(port, Tls.TLS, "courier"), "the-password", "enclave") == 0
    assert box.mails == [] and box.logins == []


def later(desk):
    """As if the pause after a failure were over."""
    with desk.database.write() as connection:
        connection.execute(update(notices).where(notices.c.mail_at.is_not(None)).values(mail_at=now()))


def test_what_the_server_refuses_for_good_is_given_up_and_the_rest_tried_again(desk, at_the_desk):
    box = Box()
    box.refuse = {"carol@example.org": "550 no such mailbox", "chen@example.org": "451 try later"}
    with a_server(box) as port:
        assert carry(at_the_desk, smtp(port), "", "enclave") == 2, "one that is refused hinders no other"
        box.refuse = {}
        later(desk)
        assert waiting(desk) == ["chen"]
        assert carry(at_the_desk, smtp(port), "", "enclave") == 1
    with desk.database.read() as connection:
        last = audit.events(connection, "person:carol", 1)[0]
        assert last.details["final"] and "550" in last.details["why"] and "@" not in last.details["why"]


def test_an_address_that_is_none_is_given_up_before_the_server_sees_it(desk, at_the_desk, monkeypatch):
    with desk.database.write() as connection:
        evil = "carol@example.org\r\nRCPT TO:<eve@evil.example>"
        connection.execute(update(people).where(people.c.name == "carol").values(email=evil))
    box = Box()
    with a_server(box) as port:
        assert carry(at_the_desk, smtp(port), "", "enclave") == 3
    later(desk)
    assert waiting(desk) == [] and "eve" not in str(box.mails)


def test_a_courier_that_dies_between_server_and_desk_sends_again(desk, at_the_desk, monkeypatch):
    box = Box()
    with a_server(box) as port:
        monkeypatch.setattr("output_review.courier.__main__.report", SimpleNamespace(side_effect=None))
        with pytest.raises(TypeError):
            carry(at_the_desk, smtp(port), "", "enclave")
        monkeypatch.undo()
        assert carry(at_the_desk, smtp(port), "", "enclave") == 4
    assert [to for to, _ in box.mails][:2] == [["carol@example.org"]] * 2
    assert box.mails[0][1]["Message-ID"] == box.mails[1][1]["Message-ID"], "one mail to who receives it twice"


def test_without_a_desk_or_a_server_nothing_is_lost(desk, at_the_desk, tmp_path):
    with pytest.raises(OSError):
        carry(tmp_path / "no.sock", smtp(9), "", "enclave")
    assert carry(at_the_desk, smtp(9), "", "enclave") == 0
    later(desk)
    assert waiting(desk) == ["carol", "chen", "cleo", "bob"]


async def test_nobody_else_reaches_the_couriers_door(client):
    for path in ("/courier/v1/mails", "/courier/v1/mails/1"):
        assert (await client.get(path)).status == 404


# Settings
@pytest.mark.parametrize(("given", "said"), [
    ({"HOST": "mail.example.org", "FROM": "x"}, "ENCLAVE_SMTP_FROM"),
    ({"HOST": "mail.example.org", "FROM": "e@x.org", "TLS": "none"}, "in the clear"),
    ({"HOST": "mail.example.org", "FROM": "e@x.org", "TLS": "ssl"}, "one of starttls, tls, none"),
    ({"HOST": "mail.example.org", "FROM": "e@x.org", "PORT": "0"}, "ENCLAVE_SMTP_PORT"),
])  # fmt: skip
def test_a_wrong_setting_is_said(given, said):
    with pytest.raises(BadInput, match=said):
        Settings.from_env({f"ENCLAVE_SMTP_{name}": value for name, value in given.items()})


def test_the_password_is_read_from_the_couriers_own_file(tmp_path):
    found = Settings.from_env({
        "ENCLAVE_ROOT": str(tmp_path), "ENCLAVE_SMTP_HOST": "localhost", "ENCLAVE_SMTP_FROM": "e@example.org",
        "ENCLAVE_SMTP_USER": "courier",
    }).smtp  # fmt: skip
    with pytest.raises(BadInput, match="readable by the courier alone"):
        found.password()
    found.password_file.parent.mkdir(parents=True)
    found.password_file.write_text("the-password\n")
    assert found.password() == "the-password" and replace(found, user="").password() == ""
    assert Settings.from_env({}).smtp is None
