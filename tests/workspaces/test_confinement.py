"""What the engine received, not what we meant to send: `docker inspect` against the profile, field by field."""

import json

import pytest

from enclave.layout import FIRST_PROJECT_GID, FIRST_WORKSPACE_UID
from tests.workspaces.engine import ALICE, TUMOUR, docker
from workspaces.confinement import (
    COMPUTED,
    IGNORED,
    MASKED_AT_LEAST,
    PROFILE,
    READONLY_AT_LEAST,
    is_nothing,
)


@pytest.fixture
async def inspected(guard, desk):
    """A running workspace with one dataset, as the engine shows it."""
    desk.grant("wdbc")
    await guard.started()
    return guard.inspect()


def field(inspected: dict, name: str) -> object:
    part, _, key = name.partition(".")
    return inspected[part].get(key)


async def test_every_field_is_as_in_the_profile_or_has_a_reason_not_to_be(inspected):
    listed = {line.field for line in (*PROFILE, *COMPUTED, *IGNORED)}
    shown = {f"{part}.{key}" for part in ("HostConfig", "Config") for key in inspected[part]}
    assert shown - listed == set(), "a field of the engine that nobody has thought about"
    assert all(line.reason for line in (*PROFILE, *COMPUTED, *IGNORED))
    assert len(listed) == len(PROFILE) + len(COMPUTED) + len(IGNORED), "each field has one place"


async def test_the_engine_has_what_the_profile_says(inspected):
    differing = {}
    for line in PROFILE:
        found = field(inspected, line.field)
        if line.field == "HostConfig.Ulimits":
            found = [{key: one[key] for key in ("Name", "Soft", "Hard")} for one in found]
        if line.field == "HostConfig.RestartPolicy":
            found = {"Name": found["Name"]}
        if found != line.value and not (is_nothing(found) and is_nothing(line.value)):
            differing[line.field] = found
    assert differing == {}


async def test_ignored_fields_hold_nothing(inspected):
    has_own_list = {"HostConfig.MaskedPaths", "HostConfig.ReadonlyPaths", "HostConfig.ConsoleSize"}
    found = {line.field: field(inspected, line.field) for line in IGNORED if line.field not in has_own_list}
    assert {name: value for name, value in found.items() if not is_nothing(value)} == {}


async def test_the_engine_still_hides_and_protects_what_it_did(inspected):
    host = inspected["HostConfig"]
    assert set(host["MaskedPaths"]) >= MASKED_AT_LEAST
    assert set(host["ReadonlyPaths"]) >= READONLY_AT_LEAST


async def test_computed_fields_come_from_the_desks_answer(inspected, desk, settings, runtime):
    host, config = inspected["HostConfig"], inspected["Config"]
    assert host["Memory"] == host["MemorySwap"] == 256 << 20
    assert host["NanoCpus"] == 1_000_000_000
    assert host["PidsLimit"] == {"runc": 64, "runsc": 64 * 2 + 192}[runtime]
    assert host["Runtime"] == runtime
    assert host["SecurityOpt"][0] == "no-new-privileges:true"
    assert json.loads(host["SecurityOpt"][1].removeprefix("seccomp="))["defaultAction"] == "SCMP_ACT_ERRNO"
    assert "nosuid,nodev" in host["Tmpfs"]["/tmp"] and f"size={8 << 20}" in host["Tmpfs"]["/tmp"]
    assert config["User"] == f"{FIRST_WORKSPACE_UID + 7}:{FIRST_PROJECT_GID + 3}"
    assert config["Image"] == desk.answer["image"]
    ours = [one for one in config["Env"] if "ENCLAVE" in one]
    assert ours == ["ENCLAVE_BASE_URL=/user/alice/tumour-ml/"]
    assert config["Labels"]["enclave.datasets"] == "wdbc@1"
    assert inspected["NetworkSettings"]["Networks"].keys() == {"none"}


async def test_exactly_these_folders_are_bound(inspected, settings):
    layout = settings.layout
    found = {
        one["Destination"]: (one["Source"], one["RW"], one["Type"], one["Propagation"])
        for one in inspected["Mounts"]
    }
    assert found == {
        "/home": (str(layout.home(ALICE, TUMOUR)), True, "bind", "rprivate"),
        "/project": (str(layout.project(TUMOUR)), True, "bind", "rprivate"),
        "/run/enclave/server": (str(layout.server_folder(ALICE, TUMOUR)), True, "bind", "rprivate"),
        "/run/enclave/inward": (str(layout.inward_folder(ALICE, TUMOUR)), False, "bind", "rprivate"),
        "/data/wdbc": (str(layout.datasets / "wdbc" / "1"), False, "bind", "rprivate"),
    }


async def test_no_secret_and_no_host_path_beyond_the_mounts_is_in_it(inspected, settings):
    text = json.dumps({"Env": inspected["Config"]["Env"], "Labels": inspected["Config"]["Labels"]}).lower()
    assert not [word for word in ("token", "secret", "password", "key=", str(settings.layout.root)) if word in text]


async def test_an_image_that_brings_volumes_is_refused(guard, desk, image, tmp_path):
    (tmp_path / "Dockerfile").write_text(f"FROM {image}\nVOLUME /var/lib/hidden\n")
    docker("build", "--quiet", "--tag", "enclave-test/volumes:latest", str(tmp_path))
    desk.answer["image"] = docker("image", "inspect", "--format", "{{.Id}}", "enclave-test/volumes:latest").strip()
    last = (await guard.start())[-1]
    assert "fault on our side" in last["failed"] and "volume" not in last["failed"]
    assert not guard.exists()
    docker("image", "rm", "enclave-test/volumes:latest")
