"""Keep the sessions of visitors whose connection was lost, in case it comes back.

Streamlit keeps the last 128 of all visitors: one visitor who connects and leaves 128 times
evicts the sessions of all others.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
from streamlit.runtime import Runtime
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.session_manager import SessionInfo, SessionStorage

from liaobots.limits import Limits
from liaobots.ui.asgi.socket_middleware import ADDRESS, usable_limits

# A script ends at its next message to the page, at most a few seconds later.
RETRY_SECONDS = 0.5
MAX_TRIES = 120


@dataclass(frozen=True)
class _StoredSession:
    """A session, the address that it counts for, and when it ends (monotonic clock)."""

    info: SessionInfo
    address: str
    until: float


class FairSessionStorage(SessionStorage):
    """Keep sessions for some seconds; if there are too many, evict one of the busiest address."""

    def __init__(
        self, limits: Limits, seconds: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._max_sessions, self._seconds, self._now = limits.sessions_kept, seconds, now
        self._kept: dict[str, _StoredSession] = {}

    def get(self, session_id: str) -> SessionInfo | None:
        """Return a session, or None if it is not kept."""
        self._end_expired()
        kept = self._kept.get(session_id)
        return kept.info if kept else None

    def save(self, session_info: SessionInfo) -> None:
        """Keep a session, counted for the address that the current task serves."""
        self._end_expired()
        self._kept.pop(session_info.session.id, None)
        until = self._now() + self._seconds
        self._kept[session_info.session.id] = _StoredSession(session_info, ADDRESS.get(), until)
        while len(self._kept) > self._max_sessions:
            self._evict_one()
        # Otherwise it would stay in memory until the next visitor comes.
        asyncio.get_running_loop().call_later(self._seconds, self._end_expired)

    def delete(self, session_id: str) -> None:
        """Forget a session, without ending it: the caller ends it or continues it."""
        self._kept.pop(session_id, None)

    def list(self) -> list[SessionInfo]:
        """Return all kept sessions."""
        self._end_expired()
        return [each.info for each in self._kept.values()]

    def _end_expired(self) -> None:
        """End the sessions that were kept long enough."""
        now = self._now()
        for name in [name for name, each in self._kept.items() if each.until <= now]:
            self._end(name)

    def _evict_one(self) -> None:
        """End the oldest session of the address that has most. The dict is ordered by age."""
        [(busiest, _)] = Counter(each.address for each in self._kept.values()).most_common(1)
        self._end(next(name for name, each in self._kept.items() if each.address == busiest))

    def _end(self, name: str) -> None:
        session = self._kept.pop(name).info.session
        session.shutdown()
        _close_event_loop(session)


def _close_event_loop(session: AppSession, tries: int = MAX_TRIES) -> None:
    """Close the event loop of an ended session, as soon as its script has ended.

    Streamlit does so only if the script ended before the session. Otherwise the three file
    descriptors of the loop stay open until the garbage collector finds it.
    """
    if session._scriptrunner is None:
        session._script_event_loop.close()
    elif tries:
        later = asyncio.get_running_loop().call_later
        later(RETRY_SECONDS, _close_event_loop, session, tries - 1)


def install() -> None:
    """Have the running Streamlit keep its sessions here."""
    manager = Runtime.instance()._session_mgr
    seconds = float(st.get_option("server.disconnectedSessionTTL"))
    # A runtime can be made with another storage, but Streamlit makes that of an `st.App` itself.
    manager._session_storage = FairSessionStorage(usable_limits(), seconds)  # type: ignore[attr-defined]
