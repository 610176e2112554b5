"""What is left on the visitor's code, and what answers cost; quiet where nobody tells."""

import hashlib
from functools import partial

import streamlit as st

from liaobots.client.client import Client
from liaobots.generation.balance import BalanceTracker, BalanceTrackers, Read
from liaobots.ui import identity, server_state, texts
from liaobots.ui.identity import ServiceConnection
from liaobots.ui.state.open_chat import OpenChat

# Near nothing, where no answer has told yet what one costs.
LITTLE = 0.1
# How long the page may wait for the balance once all else is drawn, in seconds.
PATIENCE = 1.0
# A balance is read anew after so many seconds, and for a page that has just been opened
# already after so few.
RENEW_SECONDS, RENEW_ON_OPENING_SECONDS = 60.0, 5.0


def balance_tracker(link: ServiceConnection) -> BalanceTracker | None:
    """Gives the till of a code, one for all who use it here; None for the stand-in."""
    if link.is_demo or not link.code:
        return None
    name = hashlib.sha256(f"{link.base_url} {link.code}".encode()).hexdigest()
    return server_state.get_or_create("tills", lambda: BalanceTrackers(server_state.readers())).of(
        name
    )


def reader(link: ServiceConnection) -> Read:
    """Gives what reads the balance of a code, in any thread."""
    return partial(_balance, Client(link.code, link.base_url, wire=link.form))


def look(link: ServiceConnection, patience: float) -> None:
    """Lets the balance be read in the background, and waits for it at most so many seconds."""
    if (found := balance_tracker(link)) is None:
        return
    has_looked = st.session_state.get(identity.LOOKING) == link
    st.session_state[identity.LOOKING] = link
    found.look(reader(link), RENEW_SECONDS if has_looked else RENEW_ON_OPENING_SECONDS)
    found.wait(patience)


def words(link: ServiceConnection, opened: OpenChat | None) -> str:
    """Gives the balance with what the last answer and the chat cost, or ""."""
    found = balance_tracker(link)
    if found is None or found.balance is None:
        return ""
    chat = opened.conversation.cost if opened else None
    return texts.balance(found.balance, _last_cost(opened), chat)


def warning(link: ServiceConnection, opened: OpenChat | None) -> str:
    """Gives a warning where the balance is at or near nothing, or ""."""
    found = balance_tracker(link)
    if found is None or found.balance is None:
        return ""
    if found.balance <= 0:
        return texts.BALANCE_NONE
    cost = _last_cost(opened)
    is_little = found.balance < (LITTLE if cost is None else 2 * cost)
    return texts.BALANCE_LOW.format(balance=texts.amount(found.balance)) if is_little else ""


def _last_cost(opened: OpenChat | None) -> float | None:
    """Gives what the last answer of the chat cost, or None where nobody knows."""
    messages = opened.conversation.messages if opened else []
    return messages[-1].cost if messages else None


def _balance(client: Client, seconds: float) -> float | None:
    return client.account(seconds).balance
