"""The server half inside a real Jupyter Server, installed from the wheel."""

import hashlib
import os
import threading
import time
from pathlib import Path

import pytest

from tests.extensions.conftest import Lab
from tests.extensions.desk_double import POLICY

TEXTS = {"what": "A table", "how": "A notebook", "controls": "Counts below 10 suppressed"}
MB = 1024 * 1024


def memory(pid: int, which: str) -> int:
    """Bytes: `VmHWM` is the most a process ever used, `VmRSS` what it uses now."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split(f"{which}:")[1].split()[0]) * 1024


def test_the_policy_is_passed_on(fresh_lab: Lab):
    assert fresh_lab.ask("enclave/policy") == (200, POLICY)


def test_a_file_of_the_project_is_sent_followed_and_withdrawn(fresh_lab: Lab):
    (fresh_lab.files / "table.csv").write_bytes(b"a,b\n1,2\n")
    status, request = fresh_lab.ask("enclave/requests", TEXTS | {"files": [{"path": "project/table.csv"}]})
    assert (status, request["status"]) == (201, "submitted")
    assert request["files"][0]["sha256"] == hashlib.sha256(b"a,b\n1,2\n").hexdigest()
    assert fresh_lab.ask("enclave/requests") == (200, {"requests": [request]})
    status, withdrawn = fresh_lab.ask(f"enclave/requests/{request['id']}/withdraw", {})
    assert (status, withdrawn["status"]) == (200, "withdrawn")


def test_a_returned_request_is_sent_again_with_its_statements(fresh_lab: Lab):
    (fresh_lab.files / "table.csv").write_bytes(b"a,b\n1,2\n")
    returned = fresh_lab.double.add("returned")
    asked = TEXTS | {"files": [{"path": "project/table.csv"}], "statements": ["No names."]}
    status, request = fresh_lab.ask(f"enclave/requests/{returned['id']}/resubmit", asked)
    assert (status, request["status"], request["round"]) == (201, "resubmitted", 2)
    assert request["statements"] == ["No names."]
    assert fresh_lab.ask(f"enclave/requests/{returned['id']}/resubmit", asked)[0] == 404


def test_fifty_megabytes_are_streamed_without_growing_the_server(fresh_lab: Lab):
    content = os.urandom(MB) * 50
    (fresh_lab.files / "weights.bin").write_bytes(content)
    assert fresh_lab.ask("enclave/requests")[0] == 200
    before = memory(fresh_lab.pid, "VmRSS")
    Path(f"/proc/{fresh_lab.pid}/clear_refs").write_text("5")  # the peak starts again from here
    status, request = fresh_lab.ask("enclave/requests", TEXTS | {"files": [{"path": "project/weights.bin"}]})
    assert status == 201
    assert request["files"][0]["sha256"] == hashlib.sha256(content).hexdigest()
    assert memory(fresh_lab.pid, "VmHWM") - before < 8 * MB


def test_progress_is_visible_and_a_second_request_waits_its_turn(fresh_lab: Lab):
    (fresh_lab.files / "weights.bin").write_bytes(bytes(20 * MB))
    fresh_lab.double.pace = 0.005
    asked = TEXTS | {"files": [{"path": "project/weights.bin"}]}
    answers: list[tuple[int, object]] = []
    first = threading.Thread(target=lambda: answers.append(fresh_lab.ask("enclave/requests", asked)))
    first.start()
    seen = set()
    while first.is_alive():
        _, answer = fresh_lab.ask("enclave/sending")
        if answer["sending"] and answer["sending"]["sent"]:
            if not seen:
                status, refused = fresh_lab.ask("enclave/requests", asked)
                assert (status, "Another request" in refused["error"]) == (400, True)
            seen.add(answer["sending"]["sent"])
            assert answer["sending"]["total"] == 20 * MB
        time.sleep(0.02)
    assert answers[0][0] == 201
    assert len(seen) > 2
    assert fresh_lab.ask("enclave/sending") == (200, {"sending": None})


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (TEXTS | {"files": []}, "No file was chosen"),
        (TEXTS | {"files": [{"path": "project"}]}, "is a folder"),
        (TEXTS | {"files": [{"path": "project/gone.csv"}]}, "not there any more"),
        (TEXTS | {"files": [{"path": "../../etc/passwd"}]}, "not the path of a file"),
        (TEXTS | {"files": [{"path": "project/table.csv", "code": "project/gone.py"}]}, "not there any more"),
        (TEXTS | {"files": [{"path": "project/table.csv", "code": 1}]}, "could not be read"),
        (TEXTS | {"files": [{"path": "project/table.csv", "role": 1}]}, "could not be read"),
        (TEXTS | {"files": "project/table.csv"}, "could not be read"),
        (TEXTS | {"files": ["project/table.csv"]}, "could not be read"),
        (TEXTS | {"paths": ["project/table.csv"]}, "could not be read"),
        (TEXTS | {"what": None, "files": [{"path": "project/table.csv"}]}, "could not be read"),
        ({"files": [{"path": "project/table.csv"}]}, "could not be read"),
        (["what"], "could not be read"),
        ("", "could not be read"),
    ],
    ids=str,
)
def test_what_cannot_be_sent_is_refused_with_one_sentence_and_nothing_is_kept(fresh_lab: Lab, asked, words: str):
    (fresh_lab.files / "table.csv").write_bytes(b"1")
    status, answer = fresh_lab.ask("enclave/requests", asked)
    assert status == 400
    assert words in answer["error"]
    assert fresh_lab.double.requests == []


def test_roles_groups_and_the_code_go_along(fresh_lab: Lab):
    """Two files by one script, one of them supporting: the script travels once."""
    for name in ("table.csv", "log.txt", "train.py"):
        (fresh_lab.files / name).write_text(name)
    group = {"title": "By grade", "context": "569 people", "controls": "rounded"}
    table = {"path": "project/table.csv", "group": 1, "code": "project/train.py"}
    log = {"path": "project/log.txt", "role": "supporting", "code": "project/train.py"}
    status, request = fresh_lab.ask("enclave/requests", TEXTS | {"files": [table, log], "groups": [group]})
    assert status == 201 and request["groups"] == [group]
    assert [(f["name"], f["role"], f["group"], f["path"], f["code"]) for f in request["files"]] == [
        ("table.csv", "output", 1, "project/table.csv", 1), ("log.txt", "supporting", 0, "project/log.txt", 1),
    ]  # fmt: skip
    digest = hashlib.sha256(b"train.py").hexdigest()
    assert [(c["name"], c["size"], c["sha256"]) for c in request["code_files"]] == [("train.py", 8, digest)]


def test_the_newest_notebook_that_names_a_file_is_guessed(fresh_lab: Lab):
    results = fresh_lab.files / "results"
    results.mkdir()
    (results / "tablé.csv").write_text("1")
    (fresh_lab.files / "old.py").write_text("open('tablé.csv')")
    (fresh_lab.files / "new.ipynb").write_text('{"source": "open(\\"results/tabl\\u00e9.csv\\")"}')
    (fresh_lab.files / "other.py").write_text("nothing")
    (fresh_lab.files / "notes.txt").write_text("tablé.csv")
    for age, name in enumerate(("other.py", "new.ipynb", "old.py")):
        os.utime(fresh_lab.files / name, (1e9 - age, 1e9 - age))
    status, answer = fresh_lab.ask(
        "enclave/written-by", {"paths": ["project/results/tablé.csv", "project/gone/x.csv"]}
    )
    assert status == 200
    assert answer["written"]["project/results/tablé.csv"] == {
        "guess": "project/new.ipynb", "candidates": ["project/other.py", "project/new.ipynb", "project/old.py"],
    }  # fmt: skip
    assert answer["written"]["project/gone/x.csv"]["guess"] == ""
    for wrong in ({}, {"paths": "x"}, {"paths": [1]}, []):
        assert fresh_lab.ask("enclave/written-by", wrong)[0] == 400


def test_only_requests_can_be_withdrawn_not_other_addresses_reached(fresh_lab: Lab):
    assert fresh_lab.ask("enclave/requests/12%2f..%2fpolicy/withdraw", {})[0] == 404
    assert fresh_lab.ask("enclave/requests/x/withdraw", {})[0] == 404
