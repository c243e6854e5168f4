"""One mail, from values that cannot become a header of their own. Pure."""

from dataclasses import dataclass
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from enclave.errors import BadInput

_LONGEST = 254  # RFC 5321, 4.5.3.1.3: a path of 256 octets with its brackets


@dataclass(frozen=True)
class Mail:
    """What the desk wants one person to read. `id` makes the same mail, sent twice, one mail to who receives it."""

    id: int
    to: str
    subject: str
    text: str


def address(value: str) -> Address:
    """A plain mailbox such as carol@example.org; raise `BadInput` for anything else."""
    try:
        found = Address(addr_spec=value)
    except (ValueError, IndexError, HeaderParseError) as error:
        raise BadInput(f"{value[:80]!a} is no mail address.") from error
    plain = value.isascii() and value.isprintable() and " " not in value and found.addr_spec == value
    if not plain or not found.domain or len(value) > _LONGEST:
        raise BadInput(f"{value[:80]!a} is no mail address.")
    return found


def message(mail: Mail, sender: str, name: str, now: datetime) -> EmailMessage:
    """The message; raise `BadInput` for an address or a subject that is more than itself."""
    if not mail.subject.isprintable() or not 0 < len(mail.subject) <= 200:
        raise BadInput("The subject of a mail is one short, printable line.")
    origin = address(sender)
    made = EmailMessage(policy=SMTP)
    made["From"] = Address(name, addr_spec=origin.addr_spec)
    made["To"] = address(mail.to)
    made["Subject"] = mail.subject
    made["Date"] = format_datetime(now)
    made["Message-ID"] = f"<notice-{mail.id}.{name}@{origin.domain}>"
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday answers it
    made.set_content(mail.text)
    return made
