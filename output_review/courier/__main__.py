"""enclave-courier: every few seconds ask the desk for mails that are due, hand them over, tell the desk."""

import logging
import signal
import sys
import threading
from pathlib import Path

from enclave.clock import now
from enclave.errors import BadInput, Refused
from enclave.mail import Smtp
from enclave.settings import Settings
from output_review.courier.errand import due, report
from output_review.courier.message import Mail, message
from output_review.courier.server import NotSent, conversation, send

log = logging.getLogger("enclave.courier")
_PAUSE = 10.0


def carry(path: Path, smtp: Smtp, password: str, name: str) -> int:
    """Carry what is due, once; how many mails the server took. Raise `OSError` if the desk does not answer."""
    mails, taken = due(path), 0
    if not mails:
        return 0
    try:
        with conversation(smtp, password) as server:
            for mail in mails:
                failure, final = "", False
                try:
                    send(server, message(mail, smtp.sender, name, now()))
                    taken += 1
                except BadInput as refused:
                    failure, final = str(refused), True
                except NotSent as refused:
                    failure, final = str(refused), refused.final
                report(path, mail.id, failure, final)
    except NotSent as refused:
        log.warning("the mail server %s does not take mail: %s", smtp.host, refused)
        _put_off(path, mails, str(refused))
    return taken


def _put_off(path: Path, mails: list[Mail], why: str) -> None:
    for mail in mails:
        report(path, mail.id, why, final=False)


def main() -> None:
    """Until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        settings = Settings.from_env()
        if settings.smtp is None:
            raise BadInput("ENCLAVE_SMTP_HOST is not set: there is no mail server to carry mails to.")
        password = settings.smtp.password()
    except Refused as refused:
        sys.exit(str(refused))
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    path = settings.layout.desk_socket("courier")
    log.info("mails go to %s", settings.smtp.host)
    while not stopped.wait(_PAUSE):
        try:
            while not stopped.is_set() and (taken := carry(path, settings.smtp, password, settings.instance)):
                log.info("%d mails were taken", taken)
        except OSError as error:
            log.warning("the desk does not answer: %s", error)


if __name__ == "__main__":
    main()
