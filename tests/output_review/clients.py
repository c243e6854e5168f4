"""People at work on the desk over HTTP, as fast as they can and without looking at what the others do."""

import random

from output_review.evidence import FileChecks
from output_review.vocabulary import Action, FileDecision, FileVerdict
from output_review.web.form import Filled
from tests.output_review.kit import a_form, as_person, from_workspace


def filled_in(request, action, comment, verdicts):
    """A decision form with the confirmation that it would ask for, where checks still wait."""
    judged = tuple(
        FileDecision(number, FileVerdict(verdict), "because") for number, verdict in sorted(verdicts.items())
    )
    filled = Filled(Action(action), request.version, request.round, comment, judged, "")
    form = {"action": action, "version": str(request.version), "round": str(request.round), "comment": comment}
    form |= {f"verdict-{one.number}": str(one.verdict) for one in judged}
    form |= {f"reason-{one.number}": one.reason for one in judged}
    leaving = [one.number for one in judged if one.verdict is FileVerdict.APPROVED and action == "vote"]
    return form | {"confirmed": filled.fingerprint(dict.fromkeys(leaving, FileChecks()))}


class Client:
    """Somebody with a seeded chance of their own. `ask(method, path, ...)` sends a request and gives its status,
    `look(number)` a request as it stands. `accepted` are the comments of votes that the desk took, `taken` is how
    many files it has handed out whole."""

    def __init__(self, name, seed, ask, look):
        self.name, self.chance, self.ask, self.look = name, random.Random(seed), ask, look
        self.accepted, self.taken, self.count, self.seed = set(), 0, 0, seed

    async def check(self, numbers):
        """One step of a checker at any request: mostly votes, some returns, claims, approvals taken back."""
        request = await self.look(self.chance.choice(numbers))
        path, kind = f"/desk/requests/{request.id}", self.chance.random()
        if kind < 0.7:
            self.count += 1
            comment = f"{self.name} {self.seed} {self.count}"
            against = self.chance.random() < 0.15
            verdicts = {file.number: "rejected" if against else "approved" for file in request.files}
            form = filled_in(request, "vote", comment, verdicts)
            if await self._post(path + "/decide", form) == 303:
                self.accepted.add(comment)
        elif kind < 0.82:
            await self._post(path + "/decide", filled_in(request, "return", "change it", {}))
        elif kind < 0.95:
            await self._post(path + self.chance.choice(["/claim", "/unclaim"]), {})
        else:
            await self._post(path + "/take-back", {"version": str(request.version)})

    async def write(self, numbers):
        """One step of an author at one of their requests: resubmit, seldom withdraw."""
        request = await self.look(self.chance.choice(numbers))
        if request.author != self.name:
            return
        headers = from_workspace(self.name, request.project)
        where = f"/inward/v1/requests/{request.id}"
        if self.chance.random() < 0.03:
            await self.ask("POST", where + "/withdraw", headers=headers)
            return
        files = {"kept.csv": b"kept", "table.csv": self.chance.randbytes(self.chance.choice([10, 50_000]))}
        await self.ask("POST", where + "/resubmit", data=a_form(files), headers=headers)

    async def take(self, numbers):
        """One step of a member: download a file of any request, released or not."""
        request = await self.look(self.chance.choice(numbers))
        file = self.chance.choice(request.files)
        path = f"/desk/requests/{request.id}/files/{file.number}/download"
        self.taken += await self.ask("GET", path, headers=as_person(self.name)) == 200

    async def _post(self, path, form):
        return await self.ask("POST", path, data=form, headers=as_person(self.name))
