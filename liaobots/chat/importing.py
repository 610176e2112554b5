"""A file of chats being brought in, by a thread of the server and not of a page."""

import threading
from collections.abc import Iterator
from typing import Self

from liaobots.chat import transfer
from liaobots.chat.store import Store
from liaobots.chat.writer import report
from liaobots.errors import LiaobotsError, StoreFault

# As much of the whole is the reading of the file.
READING = 0.2
MISTAKE = "The program made a mistake while it imported. What came is kept; nothing is doubled."


class Importing:
    """How far a file has come: `done` of `all` chats, `messages` and `prompts` that are new.

    The file is read whole before anything is written, so that a broken one
    changes nothing. `error` says why it ended early, where it did.
    """

    def __init__(self, store: Store, owner: str, data: bytes) -> None:
        self._store, self._owner = store, owner
        self._over = threading.Event()
        self._data = data
        self.share = 0.0
        self.done = self.all = self.messages = self.prompts = 0
        self.error: LiaobotsError | None = None

    def start(self) -> Self:
        threading.Thread(target=self._run, name="importing", daemon=True).start()
        return self

    def follow(self, pause: float) -> Iterator[None]:
        """Comes back each `pause` seconds until it is over."""
        while not self._over.wait(pause):
            yield

    def _run(self) -> None:
        try:
            self._bring_in(transfer.read(self._data, self._note_read))
        except LiaobotsError as error:
            self.error = error
        except Exception as error:
            # Whatever it is, the page must be told that it is over.
            self.error = StoreFault(MISTAKE)
            report(error)
        finally:
            self._data = b""
            self._over.set()

    def _note_read(self, share: float) -> None:
        self.share = READING * share

    def _bring_in(self, parcel: transfer.Parcel) -> None:
        self.all = len(parcel.chats)
        for chat in parcel.chats:
            self.messages += self._store.porter.bring_in(self._owner, chat)
            self.done += 1
            self.share = READING + (1 - READING) * self.done / self.all
        self.prompts = self._store.prompts.add(
            self._owner, [(prompt.name, prompt.text) for prompt in parcel.prompts]
        )
