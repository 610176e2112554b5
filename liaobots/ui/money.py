"""What is left on the visitor's code, and what answers cost; quiet where nobody tells."""

import hashlib
from collections.abc import Sequence
from functools import partial

import streamlit as st

from liaobots.chat.till import Read, Till, Tills
from liaobots.service.client import Client
from liaobots.ui import server, texts
from liaobots.ui.chats import Opened
from liaobots.ui.lookup import Lookup
from liaobots.ui.state import Connection

# Near nothing, where no answer has told yet what one costs.
LITTLE = 0.1
# How long the page may wait for the balance once all else is drawn, in seconds.
PATIENCE = 1.0


def till(link: Connection) -> Till | None:
    """Gives the till of a code, one for all who use it here; None for the stand-in."""
    if link.is_demo or not link.code:
        return None
    name = hashlib.sha256(f"{link.base_url} {link.code}".encode()).hexdigest()
    return server.held("tills", Tills).of(name)


def reader(link: Connection) -> Read:
    """Gives what reads the balance of a code, in any thread."""
    return partial(_balance, Client(link.code, link.base_url, wire=link.form))


def look(link: Connection, patience: float) -> None:
    """Lets the balance be read in the background, and waits for it at most so many seconds."""
    if (found := till(link)) is None:
        return
    held = st.session_state.get("looking")
    if not held or held[0] != link:
        read = partial(found.look, reader(link))
        held = st.session_state["looking"] = (link, Lookup(read, None, keep=60))
    held[1].value(patience)


def words(link: Connection, opened: Opened | None) -> str:
    """Gives the balance with what the last answer and the chat cost, or ""."""
    found = till(link)
    if found is None or found.balance is None:
        return ""
    costs = _costs(opened)
    return texts.balance(
        found.balance, costs[-1] if costs else None, opened.conversation.cost if opened else None
    )


def warning(link: Connection, opened: Opened | None) -> str:
    """Gives a warning where the balance is at or near nothing, or ""."""
    found = till(link)
    if found is None or found.balance is None:
        return ""
    if found.balance <= 0:
        return texts.BALANCE_NONE
    costs = _costs(opened)
    is_little = found.balance < (2 * costs[-1] if costs else LITTLE)
    return texts.BALANCE_LOW.format(balance=texts.amount(found.balance)) if is_little else ""


def _costs(opened: Opened | None) -> Sequence[float]:
    """Gives what the answers on the page cost, the last one last."""
    if opened is None:
        return []
    shown = [*opened.conversation.messages, *opened.conversation.compared]
    return [message.cost for message in shown if message.cost is not None]


def _balance(client: Client) -> float | None:
    return client.account().balance
