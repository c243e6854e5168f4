"""What a project's policy lets the page offer, and which lines of the table of paths it opens.

The policy is the desk's. Where it says nothing, or the desk does not answer, terminals are closed; bringing files
in is offered, because the page only shows the button: what is brought in is decided where it passes.
"""

from dataclasses import dataclass

from workspaces.gate.desk import Desk
from workspaces.gate.errors import Unavailable
from workspaces.gate.lab.page import Features
from workspaces.gate.paths import TERMINALS, Rule
from workspaces.gate.upstream import Place


@dataclass(frozen=True)
class Offers:
    desk: Desk

    async def features(self, place: Place) -> Features:
        """Never raises."""
        try:
            info = await self.desk.workspace(place)
        except Unavailable:
            return Features()
        policy = (info.policy if info is not None else None) or {}
        return Features(uploads=policy.get("uploads", True) is True, terminals=policy.get("terminals") is True)

    async def allow(self, rule: Rule, place: Place) -> bool:
        """Whether this line of the table counts for this workspace."""
        if not rule.needs:
            return True
        return rule.needs == TERMINALS and (await self.features(place)).terminals
