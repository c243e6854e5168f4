"""Why a file could not be read to its end."""


class Unreadable(Exception):
    """The file is not what it seems, damaged, encrypted, or more than the bounds allow; the text says which, for a
    person to read. Nothing that was read before counts."""
