"""A real mail server for tests, which keeps what it is given."""

import email
import socket
import ssl
from contextlib import contextmanager
from email.policy import default

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


class Box:
    """What a mail server was given, and by whom; `refuse` answers instead of taking it."""

    def __init__(self, password="the-password"):
        self.password = password.encode()
        self.mails, self.logins, self.refuse, self.encrypted = [], [], {}, []

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # aiosmtpd's name
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, session, envelope):  # aiosmtpd's name
        self.encrypted.append(session.ssl is not None)
        self.mails.append((envelope.rcpt_tos, email.message_from_bytes(envelope.content, policy=default)))
        return "250 taken"

    def login(self, _server, _session, _envelope, _mechanism, data):
        self.logins.append(data)
        return AuthResult(success=data == LoginPassword(b"courier", self.password), handled=False)


class _Server(Controller):
    def __init__(self, box, tls, host):
        self.tls, self.box = tls, box
        super().__init__(box, hostname=host, port=0)

    def factory(self):
        if self.tls is None:
            return SMTP(self.box)
        return SMTP(self.box, tls_context=self.tls, require_starttls=True, auth_required=True,
                    authenticator=self.box.login)  # fmt: skip

    def _trigger_server(self):
        """The base class connects to the port that was asked for, which was none in particular."""
        with socket.create_connection((self.hostname, self.bound), timeout=20) as probe:
            probe.recv(1)

    @property
    def bound(self):
        return self.server.sockets[0].getsockname()[1]


@contextmanager
def a_server(box, folder=None, host="127.0.0.1"):
    """The port of a server that fills this box; with a folder's key.pem and cert.pem it wants TLS and a login."""
    tls = None
    if folder is not None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    server = _Server(box, tls, host)
    server.start()
    try:
        yield server.bound
    finally:
        server.stop()
