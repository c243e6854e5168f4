"""Where mails go: the institution's SMTP server, as its settings say."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from enclave.errors import BadInput

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Tls(StrEnum):
    """How the way there is encrypted; `NONE` on this machine only."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True)
class Smtp:
    """A mail server. Without `user` nobody logs in there. A file of `authorities` alone vouches."""

    host: str
    port: int
    user: str
    password_file: Path
    sender: str
    tls: Tls
    authorities: Path | None = None

    def password(self) -> str:
        """The password of `user`, read when it is needed; raise `BadInput` if there is no such file."""
        if not self.user:
            return ""
        try:
            return self.password_file.read_text().strip()
        except OSError as error:
            raise BadInput(
                f"ENCLAVE_SMTP_USER is set, and its password cannot be read from {self.password_file}:"
                f" {error.strerror}. Put it there, readable by the courier alone."
            ) from error


def smtp_of(value: dict[str, str], secrets: Path) -> Smtp | None:
    """The mail server that these settings name, None without a host; raise `BadInput`."""
    host = value["ENCLAVE_SMTP_HOST"]
    if not host:
        return None
    port, tls, sender = value["ENCLAVE_SMTP_PORT"], value["ENCLAVE_SMTP_TLS"], value["ENCLAVE_SMTP_FROM"]
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise BadInput(f"The setting ENCLAVE_SMTP_PORT is {port!r}: a port number from 1 to 65535 is expected.")
    if tls not in set(Tls):
        raise BadInput(f"The setting ENCLAVE_SMTP_TLS is {tls!r}: one of {', '.join(Tls)} is expected.")
    if tls == Tls.NONE and host not in _LOOPBACK:
        raise BadInput(
            f"ENCLAVE_SMTP_TLS=none would send mails and password in the clear to {host}: starttls or tls is"
            " expected; none is accepted for a server on this machine only."
        )
    if sender.count("@") != 1 or not sender.isascii() or not sender.isprintable() or " " in sender:
        raise BadInput(f"The setting ENCLAVE_SMTP_FROM is {sender!r}: an address such as enclave@example.org.")
    files = secrets / "smtp_password", secrets / "smtp_authorities.pem"
    return Smtp(host, int(port), value["ENCLAVE_SMTP_USER"], files[0], sender, Tls(tls), files[1])
