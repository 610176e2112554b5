"""Liaobots chat: ask Liaobots from Python, or in the browser.

errors      the errors, by what the reader can do about them
limits      the limits on what visitors may cost the server
backoff     how often a thread polls, depending on how busy the machine is
pieces      what an answer is made of: text, reasoning, pictures, sources …
think_tags  reasoning that stands in the text, taken out of it
surrogates  the repair of texts with halves of characters
sandbox     a function applied to a file in a process with limits
client      HTTP: the public contract and the client of the service
demo        a local service that speaks the same protocol
documents   the text of a PDF
storage     the database of chats, prompts and preferences
generation  the threads that write answers
formats     import and export of chats
backup      backup, restore and migration of a database
ui          the page; the only package that imports Streamlit

`app.py` starts the page, `__main__` is the command line for backups. `.importlinter`
defines which package may import which.
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

_MODULES = {
    "Account": "liaobots.client.client",
    "Client": "liaobots.client.client",
    "LiaobotsError": "liaobots.errors",
    "Reply": "liaobots.client.reply",
}


def __getattr__(name: str) -> object:
    """Import a public name at its first use.

    Importing the client takes a tenth of a second, and processes of the sandbox do not need it.
    """
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(_MODULES.get(name, "liaobots.client.provider"))
    return globals().setdefault(name, getattr(module, name))


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
