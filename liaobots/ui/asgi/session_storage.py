"""The sessions of visitors who left, kept for those whose connection comes back.

Streamlit keeps the last 128, whoever they belong to: one visitor who connects
and leaves 128 times throws out those of all others.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
from streamlit.runtime import Runtime
from streamlit.runtime.session_manager import SessionInfo, SessionStorage

from liaobots.limits import Limits
from liaobots.ui.asgi.socket_middleware import ADDRESS, usable_limits


@dataclass(frozen=True)
class _Kept:
    info: SessionInfo
    address: str
    until: float


class FairSessionStorage(SessionStorage):
    """Keep sessions for some seconds; where there are too many, give up one of whoever has most."""

    def __init__(
        self, limits: Limits, seconds: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._most, self._seconds, self._now = limits.sessions_kept, seconds, now
        self._kept: dict[str, _Kept] = {}

    def get(self, session_id: str) -> SessionInfo | None:
        """Return a session, or None if it is not kept."""
        self._forget_old()
        kept = self._kept.get(session_id)
        return kept.info if kept else None

    def save(self, session_info: SessionInfo) -> None:
        """Keep the session of whom the current task serves."""
        self._forget_old()
        self._kept.pop(session_info.session.id, None)
        until = self._now() + self._seconds
        self._kept[session_info.session.id] = _Kept(session_info, ADDRESS.get(), until)
        while len(self._kept) > self._most:
            self._give_one_up()
        # Nobody else may come for hours, and what was theirs lies in memory.
        asyncio.get_running_loop().call_later(self._seconds, self._forget_old)

    def delete(self, session_id: str) -> None:
        """Forget a session. Whoever calls this ends it or goes on with it."""
        self._kept.pop(session_id, None)

    def list(self) -> list[SessionInfo]:
        """Return all kept sessions."""
        self._forget_old()
        return [each.info for each in self._kept.values()]

    def _forget_old(self) -> None:
        now = self._now()
        for name in [name for name, each in self._kept.items() if each.until <= now]:
            self._end(name)

    def _give_one_up(self) -> None:
        """End the oldest session of the address that has most; the dict is in the order of age."""
        [(busiest, _)] = Counter(each.address for each in self._kept.values()).most_common(1)
        self._end(next(name for name, each in self._kept.items() if each.address == busiest))

    def _end(self, name: str) -> None:
        self._kept.pop(name).info.session.shutdown()


def install() -> None:
    """Let the running Streamlit keep sessions here."""
    manager = Runtime.instance()._session_mgr
    seconds = float(st.get_option("server.disconnectedSessionTTL"))
    # Streamlit lets a runtime be made with another storage, and makes that of an `st.App` itself.
    manager._session_storage = FairSessionStorage(usable_limits(), seconds)  # type: ignore[attr-defined]
