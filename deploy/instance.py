"""One instance: its name, folder, ports and settings, remembered in `<root>/instance.env`.

What the operator gives in the environment wins over what is remembered, and that over the defaults. No secret
is among the settings. The file has one `NAME=value` a line, so compose, shells and Python can all read it.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy import say
from enclave.errors import BadInput
from enclave.layout import GATE_UID, Layout
from enclave.settings import DEFAULTS, Settings

# Settings of the stack around our processes; those of the processes themselves are in `enclave.settings`.
OWN_DEFAULTS: dict[str, str] = {
    "ENCLAVE_PORT": "8000",
    "ENCLAVE_WORKSPACES_PORT": "8001",
    "ENCLAVE_IDP_PORT": "8002",
    "ENCLAVE_BIND": "127.0.0.1",
    "ENCLAVE_POSTGRES": "no",
}
_NAMES = (*DEFAULTS, *OWN_DEFAULTS)
_PORTS = ("ENCLAVE_PORT", "ENCLAVE_WORKSPACES_PORT", "ENCLAVE_IDP_PORT")
_SAFE = re.compile(r"[^\s\"'\\$#`](?:[^\"'\\$#`\n\r]*[^\s\"'\\$#`])?|")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Instance:
    """An instance's settings, complete and checked."""

    values: Mapping[str, str]
    demo: bool

    @property
    def name(self) -> str:
        return self.values["ENCLAVE_INSTANCE"]

    @property
    def layout(self) -> Layout:
        return Layout(Path(self.values["ENCLAVE_ROOT"]))

    @property
    def env_file(self) -> Path:
        return env_file(self.layout.root)

    @property
    def postgres(self) -> bool:
        return self.values["ENCLAVE_POSTGRES"] == "yes"

    @property
    def mail(self) -> bool:
        return bool(self.values["ENCLAVE_SMTP_HOST"])

    @property
    def gvisor(self) -> bool:
        return self.values["ENCLAVE_RUNTIME"] == "runsc"

    def remember(self, **more: str) -> None:
        """Write `instance.env`, with what `make up` found out beside the settings (image ids)."""
        values = {**self.values, **more, "ENCLAVE_DEMO": "yes" if self.demo else "no"}
        text = "".join(f"{name}={value}\n" for name, value in sorted(values.items()))
        if not self.env_file.exists() or self.env_file.read_text() != text:
            fresh = self.env_file.with_suffix(".new")
            fresh.write_text(text)
            fresh.chmod(0o644)
            fresh.replace(self.env_file)


def env_file(root: Path) -> Path:
    """Where an instance's settings are remembered."""
    return root / "instance.env"


def root_of(environment: Mapping[str, str]) -> Path:
    """The instance's folder that the environment names; raise `Stop` for a relative one."""
    root = Path(environment.get("ENCLAVE_ROOT", "") or "/srv/enclave")
    if not root.is_absolute() or ".." in root.parts or len(root.parts) < 3:
        raise say.Stop(f"ENCLAVE_ROOT is {str(root)!r}: an absolute folder such as /srv/enclave is expected.")
    return root


def remembered(root: Path) -> dict[str, str]:
    """The remembered settings; empty before the first `make up`."""
    file = env_file(root)
    if not file.exists():
        return {}
    return dict(line.split("=", 1) for line in file.read_text().splitlines() if "=" in line)


def load(environment: Mapping[str, str] = os.environ) -> Instance:
    """The instance that the environment and the remembered file describe; raise `Stop` for a wrong setting."""
    root = root_of(environment)
    before = remembered(root)
    given = {name: environment[name].strip() for name in _NAMES if environment.get(name, "").strip()}
    values = {**DEFAULTS, **OWN_DEFAULTS, **before, **given, "ENCLAVE_ROOT": str(root)}
    _refuse_another_name(root, before, values["ENCLAVE_INSTANCE"])
    was_demo = before.get("ENCLAVE_DEMO") == "yes"
    demo = "ENCLAVE_OIDC_ISSUER" not in given and (was_demo or not before.get("ENCLAVE_OIDC_ISSUER"))
    values.pop("ENCLAVE_DEMO", None)
    _derive(values, given, demo)
    _check(values, demo)
    return Instance(values, demo)


def _derive(values: dict[str, str], given: Mapping[str, str], demo: bool) -> None:
    """Fill in what follows from other settings."""
    if demo:
        values["ENCLAVE_OIDC_ISSUER"] = f"http://idp.localhost:{values['ENCLAVE_IDP_PORT']}"
    for name, port in (("ENCLAVE_URL", "ENCLAVE_PORT"), ("ENCLAVE_WORKSPACES_URL", "ENCLAVE_WORKSPACES_PORT")):
        default = values.get(name, "").startswith("http://localhost:") and name not in given
        if default or not values.get(name):
            values[name] = f"http://localhost:{values[port]}"
    if values["ENCLAVE_POSTGRES"] == "yes" and not values.get("ENCLAVE_DATABASE_URL"):
        socket = Layout(Path(values["ENCLAVE_ROOT"])).sockets / "postgres"
        values["ENCLAVE_DATABASE_URL"] = f"postgresql+psycopg://enclave@/enclave?host={socket}"


def _check(values: Mapping[str, str], demo: bool) -> None:
    for name, value in values.items():
        if not _SAFE.fullmatch(value):
            raise say.Stop(f"{name} is {value!r}: quotes, $, #, backslashes and line ends cannot be in a setting.")
    for name in _PORTS:
        if not values[name].isascii() or not values[name].isdigit() or not 0 < int(values[name]) < 65536:
            raise say.Stop(f"{name} is {values[name]!r}: a port number from 1 to 65535 is expected.")
    if len({values[name] for name in _PORTS}) < len(_PORTS):
        raise say.Stop(f"{', '.join(_PORTS)} must be three different ports.")
    if values["ENCLAVE_POSTGRES"] not in ("yes", "no"):
        raise say.Stop("ENCLAVE_POSTGRES is yes (use our PostgreSQL container) or no.")
    if values["ENCLAVE_BIND"] not in _LOOPBACK and not values.get("ENCLAVE_TLS_CERTIFICATE"):
        raise say.Stop(
            f"ENCLAVE_BIND={values['ENCLAVE_BIND']} would offer plain HTTP to other machines. Set"
            " ENCLAVE_TLS_CERTIFICATE and ENCLAVE_TLS_KEY first, or leave ENCLAVE_BIND on 127.0.0.1."
        )
    if demo and values["ENCLAVE_BIND"] not in _LOOPBACK:
        raise say.Stop(
            "The demo's people are for this machine only. Set ENCLAVE_OIDC_ISSUER, or drop ENCLAVE_BIND."
        )
    _check_tls(values)
    try:
        Settings.from_env(values)
    except BadInput as wrong:
        raise say.Stop(str(wrong)) from None


def _check_tls(values: Mapping[str, str]) -> None:
    """The gate's container sees `<root>/tls` and no other folder of the host."""
    folder = Path(values["ENCLAVE_ROOT"]) / "tls"
    for name in ("ENCLAVE_TLS_CERTIFICATE", "ENCLAVE_TLS_KEY"):
        if values[name] and not (Path(values[name]).parent == folder and Path(values[name]).is_file()):
            raise say.Stop(
                f"{name} is {values[name]!r}: a file in {folder} is expected, readable by the group {GATE_UID}."
                " Copy the certificate with its chain, and its key, there."
            )


def _refuse_another_name(root: Path, before: Mapping[str, str], name: str) -> None:
    owner = before.get("ENCLAVE_INSTANCE", name)
    if owner != name:
        raise say.Stop(
            f"The folder {root} belongs to the instance {owner!r}, not to {name!r}. Give the new instance a folder"
            " of its own (ENCLAVE_ROOT=/srv/...) and ports of its own (ENCLAVE_PORT and the two others)."
        )
