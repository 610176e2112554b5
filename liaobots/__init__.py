"""Liaobots chat: talk to Liaobots from Python, or in the browser.

The house, and which way its imports run:

service     talks: HTTP and bytes, the contract, a stand-in service
chat        remembers: a store of chats, and the threads that write answers
ui          shows: the page; the only room that knows Streamlit
errors      what can go wrong, told apart by what the reader can do

ui → chat, service → errors. The service's function is handed to `chat`.
`app.py` beside this folder is the front door, `__main__` the one for copies.
"""

from liaobots.errors import LiaobotsError
from liaobots.service.client import Account, Client
from liaobots.service.provider import (
    _create_completion,
    model,
    models,
    needs_auth,
    supports_stream,
    url,
)
from liaobots.service.reply import Reply

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
