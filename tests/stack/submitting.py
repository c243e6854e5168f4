"""A release request as a workspace makes it: on its inward socket, from inside, without our extension."""

import json
import os

from tests.running import Stack

# argv: a JSON object {"method", "path", "headers", "body"}; prints {"status", "body"}.
CALL = """
import http.client, json, socket, sys
class Inward(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX); self.sock.connect("/run/enclave/inward/desk.sock")
asked = json.loads(sys.argv[1])
connection = Inward("desk", timeout=30)
connection.request(asked["method"], asked["path"], asked["body"].encode() or None, asked["headers"])
answer = connection.getresponse()
print(json.dumps({"status": answer.status, "body": answer.read().decode(errors="replace")}))
"""


def call(
    stack: Stack, person: str, project: str, method: str, path: str, body: str = "", **headers: str
) -> tuple[int, dict]:
    """One call on a workspace's inward socket, made inside it; status and JSON."""
    asked = json.dumps({"method": method, "path": path, "headers": headers, "body": body})
    done = stack.inside(person, project, "python3", "-c", CALL, asked)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    return answer["status"], json.loads(answer["body"])


def submit(
    stack: Stack, person: str, project: str, text: str, meta: dict[str, object] | None = None, **headers: str
) -> tuple[int, dict]:
    """Ask for the release of one small text file; `meta` is added to what a request says."""
    boundary = "x" + os.urandom(8).hex()
    told = {"what": "A table", "how": "By hand", "controls": "None needed",
            "files": [{"name": "table.csv", "size": len(text)}], **(meta or {})}  # fmt: skip
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="meta"\r\n'
        f"Content-Type: application/json\r\n\r\n{json.dumps(told)}\r\n",
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="table.csv"\r\n'
        f"Content-Type: application/octet-stream\r\n\r\n{text}\r\n",
        f"--{boundary}--\r\n",
    ]
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", **headers}
    return call(stack, person, project, "POST", "/v1/requests", "".join(parts), **headers)
