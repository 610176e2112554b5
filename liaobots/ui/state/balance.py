"""The balance of the visitor's code, and what answers cost, if the service reports it."""

import hashlib
from functools import partial

from liaobots.client.client import Client
from liaobots.generation.balance import BalanceTracker, BalanceTrackers, Read
from liaobots.locale import _
from liaobots.ui import labels, server_state
from liaobots.ui.identity import ServiceConnection
from liaobots.ui.state.open_chat import OpenChat
from liaobots.ui.state.session import Session

# A balance below this is low, as long as no answer has shown what one costs.
LOW_BALANCE = 0.1
# How long the page may wait for the balance once all else is drawn, in seconds.
PATIENCE = 1.0
# How old a balance may be before it is read again, also for a page that was just opened.
RENEW_SECONDS, RENEW_ON_OPENING_SECONDS = 60.0, 5.0


def balance_tracker(link: ServiceConnection) -> BalanceTracker | None:
    """Return the tracker that all users of a code share here, or None for the demo service."""
    if link.is_demo or not link.code:
        return None
    name = hashlib.sha256(f"{link.base_url} {link.code}".encode()).hexdigest()
    return server_state.get_or_create("tills", lambda: BalanceTrackers(server_state.readers())).of(
        name
    )


def reader(link: ServiceConnection) -> Read:
    """Return a function that reads the balance of a code, in any thread."""
    return partial(_balance, Client(link.code, link.base_url, wire=link.dialect.name))


def look(session: Session, patience: float) -> None:
    """Have the balance read in the background, and wait for it at most `patience` seconds."""
    link = session.visitor.service
    if (found := balance_tracker(link)) is None:
        return
    has_looked = session.balance_read_for == link
    session.balance_read_for = link
    found.look(reader(link), RENEW_SECONDS if has_looked else RENEW_ON_OPENING_SECONDS)
    found.wait(patience)


def words(session: Session) -> str:
    """Return the balance with what the last answer and the chat cost, or ""."""
    opened, found = session.opened, balance_tracker(session.visitor.service)
    if found is None or found.balance is None:
        return ""
    chat = opened.conversation.cost if opened else None
    parts = [_("Balance: {balance}", balance=labels.amount(found.balance))]
    if (last := _last_cost(opened)) is not None:
        parts.append(_("last answer {cost}", cost=labels.amount(last)))
    if chat is not None:
        parts.append(_("this chat {cost}", cost=labels.amount(chat)))
    return " · ".join(parts)


def warning(session: Session) -> str:
    """Return a warning if the balance is low or used up, or ""."""
    opened, found = session.opened, balance_tracker(session.visitor.service)
    if found is None or found.balance is None:
        return ""
    if found.balance <= 0:
        return _(
            "There is nothing left on your auth token: the service will probably not "
            "answer. Top it up there, or use another token."
        )
    cost = _last_cost(opened)
    if found.balance >= (LOW_BALANCE if cost is None else 2 * cost):
        return ""
    return _(
        "Little is left on your auth token: {balance}. The next answer may use it up.",
        balance=labels.amount(found.balance),
    )


def _last_cost(opened: OpenChat | None) -> float | None:
    """Return what the last answer of the chat cost, or None if that is unknown."""
    messages = opened.conversation.messages if opened else []
    return messages[-1].cost if messages else None


def _balance(client: Client, seconds: float) -> float | None:
    return client.account(seconds).balance
