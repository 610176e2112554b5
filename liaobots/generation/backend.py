"""How an answer's thread reaches the service: handed in by whoever asks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from liaobots.errors import LiaobotsError
from liaobots.generation.balance import BalanceTracker, Read
from liaobots.generation.context_window import ContextLimit


class TextStream(Protocol):
    """An answer on its way, which any thread may close.

    `incomplete_reason` is, at the end, why the model ended before it was done, or None.
    """

    @property
    def incomplete_reason(self) -> LiaobotsError | None: ...
    def __iter__(self) -> Iterator[str]: ...
    def close(self) -> None: ...


Send = Callable[[list[dict[str, str]], str], TextStream]


def _without_limit(model: str) -> ContextLimit:
    del model
    return ContextLimit()


@dataclass(frozen=True)
class Backend:
    """The way to the service.

    `room_of` gives what a model takes: older turns that do not fit are not
    sent. `fallback` is the model that answers where another fails before its
    first text, or "". `balance_tracker` with `balance` records what answers cost.
    `address` is where the visitor asks from, by which answers are counted, or ""
    where nobody knows.
    """

    send: Send
    fallback: str = ""
    room_of: Callable[[str], ContextLimit] = _without_limit
    balance_tracker: BalanceTracker | None = None
    balance: Read | None = None
    address: str = ""
