"""Two families of error.

`Refused`: a rule said no, or the input was wrong. Its text is a clear sentence, safe to show to the person
who asked: what was wrong, what was expected, what to do. Nothing has been changed.

`Broken`: an invariant of ours failed. It is logged in full and shown to nobody; the person sees that
something on our side failed.

`enclave.web.errors` turns both into HTTP answers and `enclave.cli` into exit codes; nobody else does.
"""


class Refused(Exception):
    """A rule said no. `str(error)` may be shown; `status` is the HTTP status that says the same."""

    status = 409


class BadInput(Refused):
    """What was given cannot be read as what is expected here."""

    status = 400


class Forbidden(Refused):
    """This person may not do this."""

    status = 403


class NotFound(Refused):
    """There is no such thing, or this person may not know that there is."""

    status = 404


class Broken(Exception):
    """An invariant failed: our fault, not the caller's."""
