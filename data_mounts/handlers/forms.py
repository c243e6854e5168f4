"""Reading our own small forms."""

from aiohttp import web

from enclave.errors import BadInput


async def field(request: web.Request, name: str) -> str:
    """One text field of a posted form, empty if it is missing; raise `BadInput` if it is not text."""
    value = (await request.post()).get(name, "")
    if not isinstance(value, str):
        raise BadInput(f"The field {name} is not text.")
    return value


async def edition(request: web.Request) -> int:
    """The edition that the page showed, so that a decision on an outdated page is refused."""
    value = await field(request, "edition")
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise BadInput("The form is not complete. Reload the page and try again.")
    return int(value)


def number(request: web.Request) -> int:
    """The number in the path; 0, which nothing has, for anything else."""
    value = request.match_info["number"]
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0
