"""The mail server: one conversation for what is due, encrypted unless it is on this very machine."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage

from enclave.mail import Smtp, Tls

_SECONDS = 30


class NotSent(Exception):
    """The server did not take it; `final` if it never will."""

    def __init__(self, why: str, final: bool) -> None:
        super().__init__(why)
        self.final = final


@contextmanager
def conversation(smtp: Smtp, password: str) -> Iterator[smtplib.SMTP]:
    """A server that has agreed to talk, over a connection whose certificate was verified; raise `NotSent`."""
    try:
        if smtp.tls is Tls.TLS:
            server: smtplib.SMTP = smtplib.SMTP_SSL(smtp.host, smtp.port, timeout=_SECONDS, context=_context(smtp))
        else:
            server = smtplib.SMTP(smtp.host, smtp.port, timeout=_SECONDS)
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent(_plain(error), final=False) from error
    with server:
        try:
            if smtp.tls is Tls.STARTTLS:
                server.starttls(context=_context(smtp))
            if smtp.user:
                server.login(smtp.user, password)
        except (OSError, smtplib.SMTPException) as error:
            server.close()  # no farewell: whoever could not agree on a secret waits for none
            raise NotSent(_plain(error), final=False) from error
        yield server


def _context(smtp: Smtp) -> ssl.SSLContext:
    """Who may vouch for the server: the institution's own authorities, or else those that the system trusts."""
    own = smtp.authorities if smtp.authorities and smtp.authorities.exists() else None
    return ssl.create_default_context(cafile=own)


def send(server: smtplib.SMTP, made: EmailMessage) -> None:
    """Hand it over; raise `NotSent`, final if the server refuses this mailbox or message for good (5xx)."""
    try:
        server.send_message(made)
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise NotSent(_plain(error), final=all(code >= 500 for code in codes)) from error
    except smtplib.SMTPDataError as error:
        raise NotSent(_plain(error), final=error.smtp_code >= 500) from error
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent(_plain(error), final=False) from error


def _plain(error: Exception) -> str:
    """A server's words as one short line for the log: no secret and no address is in it."""
    code = getattr(error, "smtp_code", "")
    refused = getattr(error, "recipients", {})
    codes = ", ".join(str(number) for number, _ in refused.values()) or str(code)
    return f"{type(error).__name__} {codes}".strip()
