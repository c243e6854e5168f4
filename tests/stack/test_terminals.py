"""A workspace has terminals only where its project has them, whatever the gate would let through."""

import pytest

from tests.running import Stack
from tests.stack.people import People

pytestmark = pytest.mark.stack
PROJECT = "diabetes-care"
ASK = """
import http.client, socket, sys
class Inside(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect("/run/enclave/server/server.sock")
server = Inside("localhost")
server.request(sys.argv[1], "/user/erin/diabetes-care/api/terminals", body="{}" if sys.argv[1] == "POST" else None)
print(server.getresponse().status)
"""


def asked(stack: Stack, method: str) -> int:
    """What the server itself says, asked behind the gate's back."""
    return int(stack.inside("erin", PROJECT, "python3", "-c", ASK, method).stdout)


def test_terminals_are_there_where_the_project_has_them_and_nowhere_else(stack: Stack, people: People) -> None:
    erin = people("erin")
    erin.start_anew(PROJECT)
    assert asked(stack, "GET") == asked(stack, "POST") == 404
    stack.operate("project", "set", PROJECT, "--terminals")
    try:
        erin.start_anew(PROJECT)
        assert asked(stack, "GET") == asked(stack, "POST") == 200
    finally:
        stack.operate("project", "set", PROJECT, "--no-terminals")
        erin.stop(PROJECT)
