"""All accounts: found when they are needed, told what the desk says, written down every second."""

import asyncio
import logging
import sqlite3
import time

from workspaces.gate.desk import Desk, Info
from workspaces.gate.errors import Unavailable
from workspaces.gate.meter.account import Account
from workspaces.gate.meter.ledger import Entry, Ledger, Place
from workspaces.gate.meter.policy import Level, parse_policy, parse_raised
from workspaces.gate.meter.window import Window
from workspaces.gate.tell import Tell

log = logging.getLogger("enclave.gate")
SAVE_SECONDS = 1.0


class Meter:
    """What each person was shown in each project, and what they may be shown."""

    def __init__(self, ledger: Ledger, desk: Desk, tell: Tell) -> None:
        self._ledger = ledger
        self._desk = desk
        self._tell = tell
        self._accounts: dict[Place, Account] = {}

    async def account(self, place: Place) -> Account:
        """The account, with the policy that the desk last named (the defaults where it never did)."""
        known = self._accounts.get(place)
        if known is not None:
            return known
        await self.refresh(place)
        return self.known(place)

    def known(self, place: Place) -> Account:
        """The account as it is, without asking the desk."""
        if place not in self._accounts:
            self._accounts[place] = self._opened(place)
        return self._accounts[place]

    async def refresh(self, place: Place) -> None:
        """Ask the desk for policy and raise; as before when it does not answer."""
        try:
            info = await self._desk.workspace(place)
        except Unavailable:
            return
        if info is not None:
            self.learn(place, info)

    def learn(self, place: Place, info: Info) -> None:
        """What the desk said of this workspace."""
        account = self.known(place)
        # A workspace that may not be opened has no policy in the answer: what it had before stays.
        policy = account.policy if info.policy is None else parse_policy(info.policy)
        account.learn(policy, parse_raised(info.raised))

    def _opened(self, place: Place) -> Account:
        def said(event: str, window: int, limit: int) -> None:
            self._tell(place, event, window_bytes=window, limit_bytes=limit)

        kept = self._ledger.load(place)
        if kept is not None:
            return Account(Window(kept.buckets), kept.total, kept.level, said, policy=kept.policy)
        account = Account(Window(), 0, Level.OK, said)
        if self._ledger.suspect(time.time()):
            account.presume()
        return account

    def report(self, place: Place) -> dict[str, object]:
        """What the desk is told of it."""
        account = self.known(place)
        return {
            "window_bytes": account.window.bytes,
            "total_bytes": account.total,
            "level": str(account.settle()),
        }

    async def keep(self) -> None:
        """Write down what has changed, every second, for ever."""
        while True:
            await asyncio.sleep(SAVE_SECONDS)
            await asyncio.to_thread(self._save, self._changed())

    def close(self) -> None:
        self._save(self._changed())
        self._ledger.close()

    def _changed(self) -> list[Entry]:
        entries = [_entry(place, one) for place, one in self._accounts.items() if one.changed]
        for one in self._accounts.values():
            one.changed = False
        return entries

    def _save(self, entries: list[Entry]) -> None:
        try:
            if entries:
                self._ledger.save(entries)
        except sqlite3.Error:
            log.exception("what was shown could not be written down; it is tried again")
            for entry in entries:
                if entry.place in self._accounts:
                    self._accounts[entry.place].changed = True


def _entry(place: Place, account: Account) -> Entry:
    return Entry(place, tuple(account.window.buckets.items()), account.total, account.level, account.policy)
