"""Liaobots chat: talk to Liaobots from Python, or in the browser.

The house, and which way its imports run:

service     talks: HTTP and bytes, the contract, a stand-in service
chat        remembers: a store of chats, and the threads that write answers
sandbox     runs a function on a file in a process of its own, within limits
documents   what such processes read: the text of a PDF
ui          shows: the page; the only room that knows Streamlit
limits      what visitors may cost the server
errors      what can go wrong, told apart by what the reader can do

ui → chat, service, sandbox, documents → errors. The service's function is handed to `chat`.
`app.py` beside this folder is the front door, `__main__` the one for copies.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from liaobots.client.client import Account, Client
    from liaobots.client.provider import (
        _create_completion,
        model,
        models,
        needs_auth,
        supports_stream,
        url,
    )
    from liaobots.client.reply import Reply
    from liaobots.errors import LiaobotsError

__all__ = [
    "Account",
    "Client",
    "LiaobotsError",
    "Reply",
    "_create_completion",
    "model",
    "models",
    "needs_auth",
    "supports_stream",
    "url",
]

_HOMES = {
    "Account": "liaobots.client.client",
    "Client": "liaobots.client.client",
    "LiaobotsError": "liaobots.errors",
    "Reply": "liaobots.client.reply",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used.

    The client takes a tenth of a second to import, and a process of the sandbox needs none of it.
    """
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = import_module(_HOMES.get(name, "liaobots.client.provider"))
    return globals().setdefault(name, getattr(home, name))


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
