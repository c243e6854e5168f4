#!/usr/bin/env python3
"""Fill a running demo through its command line: datasets, projects, members, grants, notebooks.

    python3 demo/seed.py --root /srv/enclave [--patients 100000]

Runs on the host as root once the stack is healthy. It finishes what an interrupted run began, and then leaves
`<root>/demo/seeded`: from there on it does nothing, so that a grant that was revoked or a member who was removed
stays so.
"""

import argparse
import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from demo.files import read_settings
from demo.people import PEOPLE, of_name
from demo.plan import DATASETS, PROJECTS, VERSION, Project

REPOSITORY = Path(__file__).resolve().parent.parent
REASON = "Demo: decided by the demo's own script"


def main() -> None:
    parser = argparse.ArgumentParser(description="Fill the demo with datasets, projects, members and notebooks.")
    parser.add_argument("--root", type=Path, required=True, help="the instance's folder (ENCLAVE_ROOT)")
    parser.add_argument("--patients", type=int, default=100_000, help="people in the synthetic claims")
    given = parser.parse_args()
    done = given.root / "demo" / "seeded"
    if done.exists():
        print("The demo is filled already.")
        return
    demo = Demo(given.root)
    demo.make_data(given.patients)
    demo.register_datasets()
    for project in PROJECTS:
        demo.open_project(project)
        demo.add_members(project)
        demo.grant_datasets(project)
        demo.give_notebook(project)
    done.write_text(f"{today().isoformat()}\n")


class Demo:
    """The instance below `root`. Each step looks first at what is there."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.settings = read_settings(root / "instance.env")

    def make_data(self, patients: int) -> None:
        """Let the workspace image write the source data; the host needs no library for that."""
        folder = self.root / "demo" / "data"
        if all((folder / dataset.name).is_dir() for dataset in DATASETS):
            return
        say("Writing the source data")
        folder.mkdir(parents=True, exist_ok=True)
        image = (
            self.settings.get("ENCLAVE_WORKSPACE_IMAGE") or f"{self.settings['ENCLAVE_INSTANCE']}/workspace:latest"
        )
        confined = "--rm --network none --read-only --cap-drop ALL --user 0:0 --tmpfs /tmp"
        command = ["docker", "run", *confined.split(), "--label", f"enclave={self.settings['ENCLAVE_INSTANCE']}"]
        command += ["--volume", f"{folder}:/out", "--volume", f"{REPOSITORY / 'demo'}:/demo:ro", image]
        run([*command, "python3", "-B", "/demo/datasets.py", "/out", "--patients", str(patients)])

    def register_datasets(self) -> None:
        known = {dataset["name"] for dataset in self.answer("dataset", "list")}
        for dataset in DATASETS:
            if dataset.name in known:
                continue
            say(f"Registering {dataset.name}, whose data controller is {dataset.controller}")
            texts = ["--title", dataset.title, "--description", dataset.description]
            who = ["--producer", dataset.producer, "--controller", dataset.controller]
            source = ["--from", str(self.root / "demo" / "data" / dataset.name)]
            self.enclave("dataset", "register", f"{dataset.name}@{VERSION}", *source, *texts, *who)

    def open_project(self, project: Project) -> None:
        if project.slug in {known["slug"] for known in self.answer("project", "list")}:
            return
        say(f"Opening the project {project.slug}, led by {project.lead}")
        texts = ["--title", project.title, "--purpose", project.purpose, "--authorisation", project.authorisation]
        start = today()
        end = start.replace(year=start.year + 2, day=min(start.day, 28))
        dates = ["--start", start.isoformat(), "--end", end.isoformat()]
        self.enclave("project", "create", project.slug, *texts, *dates)

    def add_members(self, project: Project) -> None:
        """Invite by e-mail, lead first: nobody has logged in yet, and the first login binds them."""
        known = {member["email"] for member in self.answer("member", "list", project.slug)}
        lead = of_name(project.lead)
        others = [person for person in PEOPLE if project.slug in person.projects and person != lead]
        for person in (lead, *others):
            if person.email not in known:
                role = ["--lead"] if person == lead else []
                self.enclave("member", "add", project.slug, "--email", person.email, *role)

    def grant_datasets(self, project: Project) -> None:
        """Request what was never requested, and write down the controller's yes to what still waits."""
        grants = {grant["dataset"]: grant for grant in self.answer("grant", "list", "--project", project.slug)}
        for dataset in DATASETS:
            if dataset.name not in project.datasets:
                continue
            wanted = f"{dataset.name}@{VERSION}"
            grant = grants.get(wanted)
            if grant is None:
                say(f"Granting {dataset.name} to {project.slug}")
                grant = self.answer("grant", "request", project.slug, wanted, "--reason", project.authorisation)
            if grant["state"] == "requested":
                decision = ["--on-behalf-of", dataset.controller, "--reason", REASON]
                self.enclave("grant", "approve", str(grant["id"]), *decision)

    def give_notebook(self, project: Project) -> None:
        """Put the notebook into the project's folder, as if a member had written it."""
        group = self.answer("project", "show", project.slug)["gid"]
        folder = self.root / "projects" / project.slug
        folder.mkdir(parents=True, exist_ok=True)
        os.chown(folder, 0, group)
        folder.chmod(0o2770)
        try:
            descriptor = os.open(
                folder / project.notebook, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o660
            )
        except FileExistsError:
            return
        with os.fdopen(descriptor, "wb") as file:
            os.fchown(descriptor, 0, group)
            os.fchmod(descriptor, 0o660)
            file.write((REPOSITORY / "demo" / "notebooks" / project.notebook).read_bytes())

    def answer(self, *words: str) -> Any:
        """What a verb says with --json."""
        return json.loads(self.enclave(*words, "--json"))

    def enclave(self, *words: str) -> str:
        """Run `bin/enclave`, on this instance whatever the caller's environment says."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ENCLAVE_")}
        return run([str(REPOSITORY / "bin" / "enclave"), *words], kept | {"ENCLAVE_ROOT": str(self.root)})


def run(command: list[str], environment: dict[str, str] | None = None) -> str:
    """A command's standard output; when it fails, its own words and exit."""
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command[:5])} ... failed ({done.returncode}):\n{done.stdout}{done.stderr}".rstrip())
    return done.stdout


def today() -> date:
    return datetime.now(UTC).date()


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
