"""What can be said to a person when something behind the gate does not answer."""

from enclave.errors import Refused


class Unavailable(Refused):
    """Something of ours does not answer at present; trying again is sensible."""

    status = 503


class NotLoggedIn(Refused):
    """Nobody is logged in here; a person's browser is sent to the login, a program gets this."""

    status = 401


class TooLarge(Refused):
    """The body is larger than what is accepted here."""

    status = 413


class BadReply(Refused):
    """What came back is not an answer that may be passed on."""

    status = 502
