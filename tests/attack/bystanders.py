"""Two ordinary visitors beside an attack, in a process of their own, and what they feel of it.

    python -m tests.attack.bystanders URL

Each opens the page, asks a short question, waits for its end and leaves, again
and again, and writes down both times by a clock that all processes share.
"""

import asyncio
import contextlib
import json
import secrets
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Self

from tests.attack.service import FIRST, LAST
from tests.support.app import ROOT
from tests.support.protocol_client import Visitor

VISITORS = 2
# With these words the page says that a question is not kept yet.
NOT_KEPT = (
    ("{words} What you write now stays in this server's memory until it can be kept.")
    .partition("}")[2]
    .strip()
)
PAUSE_SECONDS = 0.3
# So many rounds are the least that a median is taken of.
ROUNDS = 8
# A round that has not come to its end by then is written down as lasting so long.
LONGEST_SECONDS = 30.0
# A median of a few hundredths doubles where another program takes the processor for a moment,
# and the longest of some rounds does so at a second. An attack that was felt took five to thirty
# seconds; what lies below these is peace.
PEACE_SECONDS = 0.3
PEACE_LONGEST_SECONDS = 1.5
# Where many programs share the processor, one of some rounds is so much slower than the usual.
SLOWEST_TO_USUAL = 8


@dataclass(frozen=True)
class Round:
    """A visit: when it began, how long the page and the first text took, and the question."""

    began: float
    ended: float
    opened: float
    first_text: float
    question: str
    was_answered: bool
    was_kept: bool


@dataclass
class Felt:
    """What was felt during an attack, beside the peace before it."""

    peace: Sequence[Round]
    rounds: Sequence[Round] = ()

    @property
    def first_text_ratio(self) -> float:
        """Return by how much longer the median first text took."""
        return _ratio(*([each.first_text for each in some] for some in (self.rounds, self.peace)))

    @property
    def open_ratio(self) -> float:
        """Return by how much longer it took to open the page, at the median."""
        return _ratio(*([each.opened for each in some] for some in (self.rounds, self.peace)))

    @property
    def longest_ratio(self) -> float:
        """Return by how much longer the slowest page or first text took, as in a standstill."""
        peace, during = (
            max(max(each.opened, each.first_text) for each in some)
            for some in (self.peace, self.rounds)
        )
        usual = statistics.median(each.first_text for each in self.peace)
        return during / max(peace, PEACE_LONGEST_SECONDS, usual * SLOWEST_TO_USUAL)

    @property
    def unanswered(self) -> Sequence[str]:
        """Return the questions to which no answer was shown."""
        return [each.question for each in self.rounds if not each.was_answered]

    def __str__(self) -> str:
        firsts, opens = [each.first_text for each in self.rounds], [e.opened for e in self.rounds]
        return (
            f"{len(self.rounds)} rounds: first text {statistics.median(firsts):.2f}, at most "
            f"{max(firsts):.2f}; open {statistics.median(opens):.2f}, at most {max(opens):.2f}; "
            f"peace {statistics.median(each.first_text for each in self.peace):.2f} and "
            f"{statistics.median(each.opened for each in self.peace):.2f}"
        )


def _ratio(during: Sequence[float], peace: Sequence[float]) -> float:
    return statistics.median(during) / max(statistics.median(peace), PEACE_SECONDS)


class Bystanders:
    """The two visitors as a test starts them; `rounds` are those that have ended."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.rounds: list[Round] = []
        self._is_over = False
        self._ended = threading.Condition()
        # Peace has been since then.
        self._peace = 0.0

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.attack.bystanders", self._url]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._reading = threading.Thread(target=self._read, name="bystanders", daemon=True)
        self._reading.start()
        # The first rounds warm the server up.
        self._wait_for(VISITORS * 2, since=0)
        self._peace = time.monotonic()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(timeout=10)
        self._reading.join(timeout=10)
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe
            pipe.close()

    @contextlib.contextmanager
    def beside(self, rounds: int = ROUNDS) -> Iterator[Felt]:
        """Measure peace, and then what is felt of what happens in the block.

        After it, go on until so many rounds have ended that began in it or later.
        """
        felt = Felt(self._wait_for(ROUNDS, since=self._peace))
        began = time.monotonic()
        yield felt
        felt.rounds = self._wait_for(rounds, since=began)
        self._peace = time.monotonic()

    def leave(self) -> Sequence[str]:
        """Begin no more rounds, wait for those under way, and return all questions."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(timeout=LONGEST_SECONDS + 30)
        with self._ended:
            self._ended.wait_for(lambda: self._is_over, timeout=10)
            return [each.question for each in self.rounds]

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            with self._ended:
                self.rounds.append(Round(**json.loads(line)))
                self._ended.notify_all()
        with self._ended:
            self._is_over = True
            self._ended.notify_all()

    def _wait_for(self, count: int, since: float) -> Sequence[Round]:
        """Return the rounds that began since then, as soon as there are so many of them."""

        def found() -> Sequence[Round]:
            return [each for each in self.rounds if each.began >= since]

        def is_enough() -> bool:
            return len(found()) >= count or self._is_over

        with self._ended:
            assert self._ended.wait_for(is_enough, timeout=LONGEST_SECONDS + 30)
            assert not self._is_over, "the bystanders have ended"
            return found()


# In the process of their own


async def _visit(url: str) -> Round:
    question = f"Bystander {secrets.token_hex(8)}"
    began = opened = time.monotonic()
    first, is_kept = 0.0, False
    try:
        async with asyncio.timeout(LONGEST_SECONDS), Visitor(url) as visitor:
            await visitor.until(lambda: not visitor.is_running, LONGEST_SECONDS)
            opened = time.monotonic()
            await visitor.ask(question)
            await visitor.until(lambda: visitor.shows(FIRST), LONGEST_SECONDS)
            first = time.monotonic()
            await visitor.until(
                lambda: visitor.shows(LAST) and not visitor.is_running, LONGEST_SECONDS
            )
            is_kept = not visitor.shows(NOT_KEPT)
    except (OSError, TimeoutError) as error:
        print(f"A bystander waited in vain: {error!r}", file=sys.stderr)  # noqa: T201 -- for whoever reads a failed test
    ended = time.monotonic()
    took = (opened - began or LONGEST_SECONDS, first - opened if first else LONGEST_SECONDS)
    return Round(began, ended, *took, question, was_answered=bool(first), was_kept=is_kept)


async def _visit_again_and_again(url: str, closing: threading.Event) -> None:
    while not closing.is_set():
        each = await _visit(url)
        sys.stdout.write(json.dumps(asdict(each)) + "\n")
        sys.stdout.flush()
        await asyncio.sleep(PAUSE_SECONDS)


async def _come(url: str) -> None:
    closing = threading.Event()

    def wait_for_the_end() -> None:
        sys.stdin.read()
        closing.set()

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    await asyncio.gather(*(_visit_again_and_again(url, closing) for _ in range(VISITORS)))


if __name__ == "__main__":
    asyncio.run(_come(sys.argv[1]))
