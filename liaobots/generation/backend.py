"""How an answer's thread reaches the service: handed in by whoever asks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from liaobots.errors import LiaobotsError
from liaobots.generation.balance import Read, Till
from liaobots.generation.context_window import Room


class Pieces(Protocol):
    """An answer on its way, which any thread may close.

    `shortfall` is, at the end, why the model ended before it was done, or None.
    """

    @property
    def shortfall(self) -> LiaobotsError | None: ...
    def __iter__(self) -> Iterator[str]: ...
    def close(self) -> None: ...


Send = Callable[[list[dict[str, str]], str], Pieces]


def _without_limit(model: str) -> Room:
    del model
    return Room()


@dataclass(frozen=True)
class Road:
    """The way to the service.

    `room_of` gives what a model takes: older turns that do not fit are not
    sent. `fallback` is the model that answers where another fails before its
    first text, or "". `till` with `balance` notes what answers cost. `address` is where the
    visitor asks from, by which answers are counted, or "" where nobody knows.
    """

    send: Send
    fallback: str = ""
    room_of: Callable[[str], Room] = _without_limit
    till: Till | None = None
    balance: Read | None = None
    address: str = ""
