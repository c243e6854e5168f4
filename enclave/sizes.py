"""Numbers of bytes in words, for pages, refusals and tables. MB means 1024 × 1024 bytes, as it does for the engine.

(The review desk shows the size of a file as file managers do, in decimal units: `enclave.web.render.size`.)
"""

UNITS = ("", "K", "M", "G", "T")  # each 1024 times the one before


def exact(count: int) -> str:
    """In the largest unit that says it exactly: `64 MB`, `1536 KB`, `1000 B`."""
    power = 0
    while count and count % 1024 == 0 and power + 1 < len(UNITS):
        count, power = count // 1024, power + 1
    return f"{count} {UNITS[power]}B"


def about(count: int) -> str:
    """For the eye, three digits at most: `12 MB`, `1.5 GB`, `512 B`."""
    value, power = float(count), 0
    while value >= 999.5 and power + 1 < len(UNITS):
        value, power = value / 1024, power + 1
    digits = f"{value:.1f}".removesuffix(".0") if value < 9.95 else f"{value:.0f}"
    return f"{digits} {UNITS[power]}B"
