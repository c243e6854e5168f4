"""Who is asking: sealed cookies, and the Hub's word on the token inside them.

A cookie is sealed (Fernet: encrypted and authenticated) with the key in `secrets/gate/session_key`, which stays the
same over restarts. It carries a token of the Hub and no more authority than the Hub gives that token at the
moment: asked again every 30 s. When the Hub says no, the session is over at once; when the Hub does not answer,
its last word stays good for 5 minutes, so that a Hub restart disturbs nobody.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from cryptography.fernet import Fernet, InvalidToken

from enclave.errors import Broken
from enclave.names import PersonName
from workspaces.gate.errors import Unavailable

FRESH_SECONDS = 30.0
PATIENCE_SECONDS = 300.0
RETRY_SECONDS = 2.0
_REMEMBERED = 4096
Ask = Callable[[str], Awaitable[PersonName | None]]


class Sealer:
    """Seals small JSON objects; `kind` keeps one sort of cookie from being used as another."""

    def __init__(self, key: bytes) -> None:
        try:
            self._fernet = Fernet(key.strip())
        except ValueError as error:
            raise Broken("secrets/gate/session_key is not a Fernet key (32 bytes in URL-safe base64)") from error
        self._opened: dict[str, dict[str, Any]] = {}

    def seal(self, kind: str, **content: str) -> str:
        body = json.dumps({"kind": kind, **content}, separators=(",", ":"))
        return self._fernet.encrypt(body.encode()).decode()

    def open(self, kind: str, sealed: str, seconds: int | None = None) -> dict[str, Any] | None:
        """The content; None unless we sealed it as this kind, at most `seconds` ago."""
        known = self._opened.get(sealed)
        if known is None or seconds is not None:
            try:
                known = json.loads(self._fernet.decrypt(sealed.encode(), ttl=seconds))
            except (InvalidToken, ValueError):
                return None
            if len(self._opened) >= _REMEMBERED:
                self._opened.clear()
            self._opened[sealed] = known
        return known if known.get("kind") == kind else None


@dataclass(frozen=True)
class Session:
    """A person's login: their name, and the Hub's token that says so."""

    person: PersonName
    token: str


@dataclass
class _Word:
    """What the Hub last said of a token (monotonic seconds)."""

    session: Session
    said: float
    asked: float


class Sessions:
    """The Hub's word on tokens, remembered for a little while."""

    def __init__(self, ask: Ask, clock: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._clock = clock
        self._words: dict[str, _Word] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def session(self, token: str) -> Session | None:
        """The session of this token; None if the Hub says no; raise `Unavailable` if it has not spoken lately."""
        word = self._words.get(token)
        if word is None or self._clock() - word.asked >= FRESH_SECONDS:
            try:
                async with self._locks.setdefault(token, asyncio.Lock()):
                    word = await self._current(token)
            finally:
                self._locks.pop(token, None)
        return None if word is None else word.session

    async def _current(self, token: str) -> _Word | None:
        word = self._words.get(token)
        now = self._clock()
        if word is not None and now - word.asked < FRESH_SECONDS:
            return word  # somebody asked while we waited for the lock
        try:
            person = await self._ask(token)
        except Unavailable:
            if word is None or now - word.said > PATIENCE_SECONDS:
                raise
            word.asked = now - FRESH_SECONDS + RETRY_SECONDS
            return word
        if person is None:
            self._words.pop(token, None)
            return None
        if len(self._words) >= _REMEMBERED:
            self._words.clear()
        self._words[token] = _Word(Session(person, token), now, now)
        return self._words[token]

    def forget(self, token: str) -> None:
        """Ask the Hub again at the next use: the person has just logged out, perhaps."""
        self._words.pop(token, None)
