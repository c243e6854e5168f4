#!/usr/bin/env python3
"""The tables in these pages that are made from the code, so that neither can leave the other behind.

python docs/tables.py            say which pages are stale; exit 1 if any is
python docs/tables.py --write    bring them up to date
"""

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import yaml

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent))

from deploy.folders import FOLDERS  # noqa: E402
from deploy.gvisor import ARGUMENTS  # noqa: E402
from deploy.instance import OWN_DEFAULTS  # noqa: E402
from docs.checked import pages  # noqa: E402
from docs.markdown import code, table  # noqa: E402
from docs.schemas import api, record  # noqa: E402
from docs.verbs import verbs  # noqa: E402
from enclave.settings import DEFAULTS, HELP  # noqa: E402
from enclave.sizes import exact  # noqa: E402
from output_review.families import SHOWN  # noqa: E402
from output_review.lifecycle import DONE, TABLE, WHO  # noqa: E402
from output_review.policy import BOUNDS, DEFAULT  # noqa: E402
from tests.attacks.claims import Claim, registry  # noqa: E402
from workspaces import seccomp  # noqa: E402
from workspaces.confinement import COMPUTED, IGNORED, PROFILE  # noqa: E402
from workspaces.gate import headers, inward  # noqa: E402
from workspaces.gate.lab.plugins import COMMANDS, PLUGINS, WITHOUT_TERMINALS  # noqa: E402
from workspaces.gate.meter import account, kinds, pace, shapes, toll  # noqa: E402
from workspaces.gate.meter import policy as budget  # noqa: E402
from workspaces.gate.paths import MADE_BY, RULES  # noqa: E402

# Settings of the stack around our processes; those of the processes are explained in enclave/settings.py.
STACK_HELP = {
    "ENCLAVE_PORT": "Port of our own pages on this machine; the same as in ENCLAVE_URL.",
    "ENCLAVE_WORKSPACES_PORT": "Port of the workspaces on this machine; the same as in ENCLAVE_WORKSPACES_URL.",
    "ENCLAVE_IDP_PORT": "Port of the demo's identity provider.",
    "ENCLAVE_BIND": "Address of this machine that the two ports are offered on; other than loopback only with TLS.",
    "ENCLAVE_POSTGRES": "yes: keep the enclave's records in our PostgreSQL container instead of SQLite.",
}


def profile() -> str:
    return table(("field", "value", "why"), ((code(x.field), code(repr(x.value)), x.reason) for x in PROFILE))


def computed() -> str:
    return table(("field", "what is filled in"), ((code(line.field), line.reason) for line in COMPUTED))


def ignored() -> str:
    return table(("field", "why it may stay as the engine has it"), ((code(x.field), x.reason) for x in IGNORED))


def calls() -> str:
    return table(("call", "why not"), ((code(call), why) for call, why in seccomp.REFUSED))


def paths() -> str:
    """The table of paths, then who answers each kind."""
    why = (x.why + (f"; where the project's policy allows {x.needs}" if x.needs else "") for x in RULES)
    rows = ((code(x.pattern), ", ".join(sorted(x.methods)), x.kind, y) for x, y in zip(RULES, why, strict=True))
    lines = table(("path below `/user/<person>/<project>/`", "methods", "answered as", "why"), rows)
    return f"{lines}\n\n{table(('answered as', 'by whom'), MADE_BY.items())}"


def switched_off() -> str:
    """What of JupyterLab is not offered."""
    rows = ((code(line.name), line.why) for line in (*PLUGINS, *WITHOUT_TERMINALS, *COMMANDS))
    return table(("plugin or command", "why not"), rows)


def inward_calls() -> str:
    return table(("method", "path", "what for"), ((m, code(path.pattern), why) for m, path, why in inward.CALLS))


def header_lines() -> str:
    """What passes in, what passes back, what the gate sets itself."""
    to, back = headers.TO_WORKSPACE.items(), headers.FROM_WORKSPACE.items()
    own = ((code(line.name), code(line.value), line.why) for line in headers.WORKSPACE_LINES)
    policy = headers.workspace_policy("<workspace>", "<our pages>").replace("ws<workspace>", "<workspace, ws:>")
    return "\n\n".join(
        (
            "These headers of a browser reach a workspace, no others:",
            table(("header", "why"), ((code(name), why) for name, why in to)),
            "These headers of a reply of a workspace reach a browser, no others:",
            table(("header", "why"), ((code(name), why) for name, why in back)),
            "These are set by the gate on every answer below a workspace's address, its own and the workspace's:",
            table(("header", "value", "why"), own),
            "And this policy on its documents and scripts (one line in the header):",
            "```\n" + policy.replace("; ", ";\n") + "\n```",
        )
    )


def attacks() -> str:
    """Each attack: who tries it, and the lines of ours that stop it."""
    claims: dict[str, list[Claim]] = {}
    for claim in registry():
        claims.setdefault(claim.mechanism, []).append(claim)
    rows = []
    for mechanism, tests in sorted(claims.items()):
        lines = sorted({stops for claim in tests for stops in claim.stops})
        shown = "<br>".join(f"{code(stops.file)}: {code(stops.line)}" for stops in lines)
        rows.append((code(mechanism), tests[0].by, shown, code(tests[0].file)))
    return table(("attack", "by", "what stops it", "tried in"), rows)


def metered() -> str:
    """What counts; what is sent instead of what may not pass; what is asked again and again; the numbers."""
    instead = ((code(line.kind), line.instead, line.why) for line in kinds.LINES)
    polled = ((code(pattern), why) for pattern, why in shapes.POLLED)
    return "\n\n".join(
        (
            table(("what a browser is given", "counts"), COUNTS),
            "In place of a kernel's message that is too long, or that comes when the budget is spent (`words`: a"
            " placeholder that says why, when it is spent one for each request; `reply`: the shortest valid one;"
            " `same`: itself while it is short):",
            table(("type of message", "instead", "why"), instead),
            "Of replies on these paths only news count:",
            table(("path below `/user/<person>/<project>/`", "why"), polled),
            table(("number", "value", "what for"), _numbers()),
        )
    )


COUNTS = (
    ("a kernel's message", "whole, whatever its type; buffers too"),
    ("a message of a terminal or of the server's notices", "whole"),
    (
        "a reply: its body, status, and the headers that the workspace chooses "
        f"({', '.join(code(name) for name in toll.CHOSEN)})",
        f"whole, and {toll.OVERHEAD} bytes for having come",
    ),
    ("a reply that JupyterLab asks for again and again", "names and values that the last one did not have"),
    ("the very same reply again at the same address", "nothing"),
    ("a person's settings", "what the workspace put into our schemas"),
    ("words in the place of what may not pass", "whole: their headers are partly the workspace's"),
    ("what was not shown: too large, or the budget spent", "nothing"),
    ("JupyterLab's own files, our own pages", "nothing: they are not a workspace's"),
    ("pings", "nothing: the gate answers them itself"),
)


def _numbers() -> Iterable[Sequence[object]]:
    """The meter's constants, those of a project's policy first; an admin sets these for each project."""
    policy = budget.Policy()
    return (
        ("soft limit", exact(policy.budget_soft_bytes), "from here on the person and the audit log are told"),
        ("hard limit", exact(policy.budget_hard_bytes), "from here on content is withheld"),
        ("largest message or reply", exact(policy.message_bytes), "a longer one is replaced or refused"),
        ("largest file brought in", exact(policy.upload_bytes), "where the policy lets files in at all"),
        ("window", f"{budget.WINDOW_SECONDS / 3600:g} h", "how long a byte counts, and five minutes more at most"),
        ("level falls", f"{budget.RELEASE_SHARE:.0%} of a limit", "so that it does not flicker at the edge"),
        (
            "channels end",
            f"{budget.CONTROL_SHARE:.0%} of the hard limit",
            "status messages and short replies carry data too: so far and no further",
        ),
        ("short message or reply", exact(kinds.SHORT), "passes when the budget is spent, and counts"),
        ("a kernel's description of itself", exact(kinds.SHORT_INFO), "the same; it has a banner"),
        ("reply that is read for news", exact(shapes.LARGEST), "a longer one counts whole"),
        ("unfinished messages", exact(account.SHELF_BYTES), "of all channels of a workspace together"),
        ("messages", f"{pace.MESSAGES:g} a second", "of a workspace; what is faster waits in it"),
        ("bytes", f"{exact(int(pace.BYTES))} a second", "the same"),
    )


def settings() -> str:
    known = {**DEFAULTS, **OWN_DEFAULTS}
    texts = {**HELP, **STACK_HELP}
    return table(("setting", "default", "what it is"), ((code(n), code(known[n]), texts[n]) for n in known))


def gvisor() -> str:
    return table(("argument", "why"), ((code(one.text), one.why) for one in ARGUMENTS))


def folders() -> str:
    rows = ((code(x.path), f"{x.owner}:{x.group}", code(f"{x.mode:04o}"), x.why) for x in FOLDERS)
    return table(("folder", "owner", "mode", "why"), rows)


def services() -> str:
    """Each process: its uid, its networks, what it mounts."""
    compose = yaml.safe_load((DOCS.parent / "docker-compose.yml").read_text())
    rows = []
    for name, service in compose["services"].items():
        network = service.get("network_mode") or ", ".join(service.get("networks", {}))
        mounts = [_mount(volume) for volume in service.get("volumes", ())]
        profiles = f" ({', '.join(service['profiles'])})" if "profiles" in service else ""
        rows.append((f"**{name}**{profiles}", service["user"].split(":")[0], network, ", ".join(mounts)))
    return table(("process", "uid", "network", "what it mounts, `rw` unless said"), rows)


def _mount(volume: str) -> str:
    source, *rest = re.sub(r"\$\{ENCLAVE_ROOT\}/", "", volume).split(":")
    return code(source) + (" (ro)" if rest[-1] == "ro" else "")


def lifecycle() -> str:
    """The table, one line for each action with the same way and end, and the same as a diagram."""
    moves: dict[tuple[str, str], list[str]] = {}
    for (status, action), after in TABLE.items():
        becomes = "stays" if after == status else str(after)
        moves.setdefault((f"{DONE[action]} by {WHO[action]}", becomes), []).append(status)
    rows = ((", ".join(before), how, after) for (how, after), before in moves.items())
    return table(("a request that is", "is", "and becomes"), rows)


def kinds_shown() -> str:
    """What a checker sees of each kind of file, and what is said beside it."""
    return table(("file", "what you see", "what is said beside it"), SHOWN.values())


def diagram() -> str:
    """The lifecycle as a Mermaid state diagram. What changes no status is left out."""
    name = str.maketrans("-", "_")
    lines = ["stateDiagram-v2", "    [*] --> submitted: the author sends the dialog"]
    for (status, action), after in TABLE.items():
        if after != status:
            lines.append(f"    {status.translate(name)} --> {after.translate(name)}: {action}")
    left = {status for status, _ in TABLE}
    lines += [f"    {after} --> [*]" for after in dict.fromkeys(TABLE.values()) if after not in left]
    return "\n".join(("```mermaid", *lines, "```"))


def policy() -> str:
    """What a review policy may say."""
    own = {**vars(DEFAULT), **vars(DEFAULT.thresholds)}
    rows = [(code(name), what, low, high, own[name]) for name, (low, high, what) in BOUNDS.items()]
    return table(("part", "what it is", "least", "most", "default"), rows)


TABLES: dict[str, dict[str, Callable[[], str]]] = {
    "threat-model.md": {
        "attacks": attacks,
        "profile": profile,
        "computed": computed,
        "ignored": ignored,
        "system calls": calls,
        "paths": paths,
        "switched off": switched_off,
        "metered": metered,
        "headers": header_lines,
        "inward": inward_calls,
    },
    "operations.md": {"settings": settings, "gvisor": gvisor, "folders": folders},
    "tour.md": {"processes": services},
    "roles/output-checker.md": {"lifecycle": lifecycle, "diagram": diagram, "kinds": kinds_shown},
    "roles/admin.md": {"review policy": policy},
    "cli.md": {"verbs": verbs},
    "api.md": {"api": api},
    "release-record.md": {"schema": record},
}


def fresh(page: str) -> str:
    """The page with its tables as the code has them now; raise `ValueError` for one without its markers."""
    text = (DOCS / page).read_text()
    for name, make in TABLES[page].items():
        begin, end = f"<!-- from the code: {name} -->", f"<!-- end of {name} -->"
        if text.count(begin) != 1 or text.count(end) != 1:
            raise ValueError(f"docs/{page} has no place for the table {name!r}")
        before, rest = text.split(begin)
        text = f"{before}{begin}\n\n{make()}\n\n{end}{rest.split(end)[1]}"
    return text


def main() -> int:
    made = {page: fresh(page) for page in TABLES} | pages()
    stale = [page for page, text in made.items() if not (DOCS / page).exists() or text != (DOCS / page).read_text()]
    if "--write" not in sys.argv[1:]:
        print("\n".join(f"docs/{page} is stale: python docs/tables.py --write" for page in stale) or "All fresh.")
        return 1 if stale else 0
    for page in stale:
        (DOCS / page).write_text(made[page])
        print(f"wrote docs/{page}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
