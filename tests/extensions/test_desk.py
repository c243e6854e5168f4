"""HTTP over the inward socket: streaming, early refusals, and a desk that is not there."""

import hashlib
import socket
import threading
from pathlib import Path

import pytest
from aiohttp.multipart import content_disposition_filename, parse_content_disposition
from enclave_review.desk import Desk, Unreachable
from enclave_review.files import CHUNK, CannotSend, choose
from enclave_review.multipart import Multipart, _filename
from hypothesis import given

from tests.extensions.desk_double import DeskDouble
from tests.extensions.test_files import names

TEXTS = {"what": "Tafel für alle", "how": "notebook", "controls": "none needed: “public”"}


@pytest.fixture
def desk(short_tmp: Path) -> Desk:
    return Desk(str(short_tmp / "desk.sock"))


def body(root: Path, *names: str, sent=lambda _: None) -> Multipart:
    return Multipart(TEXTS, choose(root, names), sent)


def test_a_request_arrives_whole_in_order_and_with_its_texts(desk: Desk, double: DeskDouble, tmp_path: Path):
    contents = {"table.csv": b"a,b\n1,2\n", "leer.txt": b"", "größe “1” \\ 100%.bin": bytes(range(256)) * 3000}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    status, request = desk.submit(body(tmp_path, *contents))
    assert status == 201
    assert {name: request[name] for name in TEXTS} == TEXTS
    assert [(file["name"], file["size"], file["sha256"]) for file in request["files"]] == [
        (name, len(content), hashlib.sha256(content).hexdigest()) for name, content in contents.items()
    ]
    assert double.requests == [request]


def test_long_texts_in_any_script_fit_into_the_part_meta(desk: Desk, double: DeskDouble, tmp_path: Path):
    (tmp_path / "a.csv").write_bytes(b"a")
    texts = {"what": "🧬" * 2000, "how": "表" * 2000, "controls": "half a character: \ud800"}
    made = Multipart(texts, choose(tmp_path, ["a.csv"]), lambda _: None)
    assert int(made.headers["Content-Length"]) < 64 * 1024
    _, request = desk.submit(made)
    assert (request["what"], request["how"]) == (texts["what"], texts["how"])
    assert request["controls"] == "half a character: ?"


def test_the_announced_length_is_the_length(tmp_path: Path):
    (tmp_path / "ä.csv").write_bytes(b"x" * 1000)
    (tmp_path / "b.csv").write_bytes(b"")
    made = body(tmp_path, "ä.csv", "b.csv")
    assert int(made.headers["Content-Length"]) == len(b"".join(made.chunks()))


@given(name=names)
def test_any_name_survives_the_header(name: str):
    _, parameters = parse_content_disposition(f'form-data; name="file"; {_filename(name)}')
    assert content_disposition_filename(parameters) == name


def test_progress_is_told_in_file_bytes(desk: Desk, double: DeskDouble, tmp_path: Path):
    (tmp_path / "a.bin").write_bytes(b"x" * (2 * CHUNK + 5))
    seen: list[int] = []
    desk.submit(body(tmp_path, "a.bin", sent=seen.append))
    assert seen == [CHUNK, 2 * CHUNK, 2 * CHUNK + 5]


def test_the_reason_of_an_early_refusal_is_heard(desk: Desk, double: DeskDouble, tmp_path: Path):
    (tmp_path / "big.bin").write_bytes(b"x" * 20_000_000)
    double.refuse_early = "Together these files are too large."
    assert desk.submit(body(tmp_path, "big.bin")) == (413, {"error": "Together these files are too large."})


def test_nothing_is_kept_when_a_file_changes_on_the_way(desk: Desk, double: DeskDouble, tmp_path: Path):
    file = tmp_path / "log.txt"
    file.write_bytes(b"x" * (10 * CHUNK))
    with pytest.raises(CannotSend, match=r"log\.txt"):
        desk.submit(body(tmp_path, "log.txt", sent=lambda _: file.write_bytes(b"y" * 7)))
    assert desk.get("/v1/requests") == (200, {"requests": []})
    assert double.requests == []


def test_a_refused_withdrawal_passes_its_sentence_on(desk: Desk, double: DeskDouble):
    status, answer = desk.post("/v1/requests/7/withdraw")
    assert (status, list(answer)) == (404, ["error"])


def test_no_socket_and_nobody_listening_are_one_clear_sentence(desk: Desk, short_tmp: Path):
    with pytest.raises(Unreachable, match="cannot be reached"):
        desk.get("/v1/policy")
    with socket.socket(socket.AF_UNIX) as forgotten:
        forgotten.bind(str(short_tmp / "desk.sock"))
        with pytest.raises(Unreachable, match="cannot be reached"):
            desk.get("/v1/policy")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 4\r\n\r\n<h1>",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\xff\xfe",
    ],
    ids=["nothing", "not HTTP", "a page of somebody else", "cut off", "not text"],
)
def test_an_answer_that_is_not_the_desks_counts_as_none(desk: Desk, short_tmp: Path, answer: bytes):
    def speak(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(answer)

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(short_tmp / "desk.sock"))
        listener.listen()
        speaker = threading.Thread(target=speak, args=(listener,))
        speaker.start()
        with pytest.raises(Unreachable):
            desk.get("/v1/policy")
        speaker.join()
