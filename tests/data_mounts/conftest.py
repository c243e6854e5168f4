"""The desk with this room's pages, and a person who looks at them and sends forms."""

import re

import pytest
from aiohttp.test_utils import TestClient, TestServer

from data_mounts.web import room
from enclave.people import Role
from enclave.web.desk import make_app, make_desk
from enclave.web.ground import room as ground
from enclave.web.rooms import Caller
from tests.data_mounts.builders import SETTINGS, login, tumour_ml


@pytest.fixture
async def desk(databases):
    with databases.write() as connection:
        tumour_ml(connection)
        login(connection, "erin")
        login(connection, "adam", Role.ADMIN)
        login(connection, "dana", Role.DATA_CONTROLLER)
        login(connection, "carol", Role.OUTPUT_CHECKER)
    rooms = [ground, room]
    async with TestClient(
        TestServer(make_app(make_desk(SETTINGS, databases, rooms), rooms, Caller.GATE))
    ) as client:
        yield client


@pytest.fixture
def see(desk):
    async def get(person, path):
        answer = await desk.get(path, headers={"X-Enclave-Person": person, "Accept": "text/html"})
        return answer.status, re.sub(r"\s+", " ", await answer.text())

    return get


@pytest.fixture
def send(desk):
    async def post(person, path, **fields):
        headers = {"X-Enclave-Person": person, "Accept": "text/html"}
        answer = await desk.post(path, data=fields, headers=headers, allow_redirects=False)
        return answer.status, answer.headers.get("Location") or await answer.text()

    return post
