"""One package of another Debian suite, without making it a source of this machine.

apt is given a temporary list, index and cache for this one purpose, so nothing stays behind and `apt-get install`
never sees the other suite. The mirror and its key are those of the machine's own sources; apt verifies the
signatures as ever.
"""

import re
import tempfile
from pathlib import Path

from deploy import say, shell

_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_FIELDS = "$(ORIGIN) $(SITE) $(COMPONENT)"


def candidate(package: str) -> str:
    """The version that `apt-get install` would take on this machine; empty if there is none."""
    if not shell.answers(["apt-cache", "--version"]):
        return ""
    return candidate_in(shell.quiet(["apt-cache", "policy", package]))


def candidate_in(policy: str) -> str:
    """The candidate in what `apt-cache policy` prints."""
    found = re.search(r"^  Candidate: (\S+)$", policy, re.MULTILINE)
    return "" if found is None or found[1] == "(none)" else found[1]


def unpack(package: str, suite: str, member: str, target: Path, log: Path) -> None:
    """Put one file of a package of `suite` at `target`, mode 755; raise `Stop` when it cannot be had."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        apt = _apart(work, suite)
        shell.logged(["apt-get", *apt, "update"], log)
        # `download` writes to the current folder.
        shell.logged(
            ["sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", folder, "apt-get", *apt, "download", package], log
        )
        archive = next(work.glob("*.deb"), None)
        if archive is None:
            raise say.Stop(f"apt-get brought no package {package} of {suite}. See {log}.")
        shell.quiet(["dpkg-deb", "--extract", str(archive), str(work / "files")])
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_suffix(".new")
        fresh.write_bytes((work / "files" / member).read_bytes())
        fresh.chmod(0o755)
        fresh.replace(target)


def _apart(work: Path, suite: str) -> list[str]:
    """Options that have apt work in `work` with that suite only."""
    targets = shell.quiet(["apt-get", "indextargets", "--format", _FIELDS, "Created-By: Packages"])
    (work / "sources").write_text(source(targets, suite, _KEYRING.exists()))
    for needed in ("state/lists/partial", "cache/archives/partial"):
        (work / needed).mkdir(parents=True)
    chosen = {
        "Dir::Etc::SourceList": work / "sources",
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State": work / "state",
        "Dir::Cache": work / "cache",
        "APT::Sandbox::User": "root",  # the folder is ours alone
        "Acquire::Languages": "none",
    }
    return [f"--option={name}={value}" for name, value in chosen.items()]


def source(targets: str, suite: str, keyring: bool) -> str:
    """The line of a source list, from what `apt-get indextargets` prints; raise `Stop` without a Debian mirror."""
    lines = (line.split(" ") for line in targets.splitlines() if line.count(" ") == 2)
    sites = [site for origin, site, component in lines if (origin, component) == ("Debian", "main")]
    mirrors = [site for site in sites if "security" not in site]  # its suites are named otherwise
    if not mirrors:
        raise say.Stop(f"apt has no Debian mirror with the component main, so no package of {suite} can be had.")
    signed = f"[signed-by={_KEYRING}] " if keyring else ""
    return f"deb {signed}{mirrors[0]} {suite} main\n"
