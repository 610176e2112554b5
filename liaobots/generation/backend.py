"""How the thread of an answer reaches the service. The caller supplies it with each question."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from liaobots.errors import LiaobotsError
from liaobots.generation.balance import BalanceTracker, Read
from liaobots.generation.context_window import ContextLimit
from liaobots.pieces import Piece


class PieceStream(Protocol):
    """The pieces of an answer, as they arrive. Any thread may close it.

    After the last piece, `incomplete_reason` is the error that says why the model ended
    before it had finished, or None if the answer is complete.
    """

    @property
    def incomplete_reason(self) -> LiaobotsError | None: ...
    def pieces(self) -> Iterator[Piece]: ...
    def close(self) -> None: ...


Send = Callable[[list[dict[str, str]], str], PieceStream]


def _without_limit(model: str) -> ContextLimit:
    del model
    return ContextLimit()


@dataclass(frozen=True)
class Backend:
    """How to reach the service with one auth code.

    `send` takes the messages and the model's id, and returns the answer's pieces.
    `fallback` is the model that answers if the first one fails before its first text,
    or "". `context_limit_of` returns the context window of a model; older turns that do not fit
    are not sent. `balance_tracker` together with `balance`, which reads the balance,
    records what answers cost. `address` is the visitor's network address, by which
    answers are counted, or "" if it is unknown.
    """

    send: Send
    fallback: str = ""
    context_limit_of: Callable[[str], ContextLimit] = _without_limit
    balance_tracker: BalanceTracker | None = None
    balance: Read | None = None
    address: str = ""
