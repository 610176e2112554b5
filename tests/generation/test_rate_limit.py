"""How many answers may be requested, by which visitor and from which address."""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from liaobots.demo.server import DemoServer
from liaobots.errors import ServerBusy
from liaobots.generation import rate_limit
from liaobots.generation.live_answer import LiveAnswer
from liaobots.generation.rate_limit import RateLimiter, Slot
from liaobots.limits import Limits
from liaobots.storage.records import MessageState, PendingAnswer
from tests.support.app import App
from tests.support.auth_code import CODE
from tests.support.protocol_client import Visitor, finished

# An attacker's address, and that of an ordinary visitor: public ones, for a proxy with an
# address of its own network is not counted. Nothing is sent to them.
THERE, ELSEWHERE = "11.0.0.7", "12.0.0.9"


def answering(slot: Slot) -> LiveAnswer:
    """Return an answer that is being written in a slot."""
    slot.answer = LiveAnswer(slot.owner, PendingAnswer("chat", slot.owner, "writer"), "gpt-4")
    return slot.answer


def filled(
    kept: RateLimiter, owners: Iterator[str], address: str, each: int = 1
) -> tuple[list[Slot], str]:
    """Take slots for one owner after another until one is refused; return slots and error."""
    slots: list[Slot] = []
    for owner in owners:
        for _ in range(each):
            try:
                slots += kept.acquire(owner, address, 1)
            except ServerBusy as error:
                return slots, str(error)
    return slots, ""


def identities(prefix: str = "visitor", count: int = 1000) -> Iterator[str]:
    return (f"{prefix} {number}" for number in range(count))


def test_one_address() -> None:
    """A visitor who drops the cookie is still counted by address; others get the other slots."""
    kept = RateLimiter(Limits())
    slots, words = filled(kept, identities(), THERE)
    assert len(slots) == Limits().answers_per_address
    assert "one address may have 128 at once" in words
    assert "Nothing was sent" in words
    kept.acquire("somebody else", ELSEWHERE, 1)
    answer = answering(slots[0])
    kept.release(answer)
    kept.acquire("one more", THERE, 1)


def test_eight_identities_do_not_fill_the_server() -> None:
    """The last slots are for owners without an answer, even if no address is known."""
    kept = RateLimiter(Limits())
    slots, words = filled(kept, identities(count=8), "", each=32)
    # Seven have all of theirs, and the eighth has one of the last places.
    assert len(slots) == Limits().answers - Limits().answers_reserved + 1
    assert "keeps its last 32 places for visitors who have none" in words
    with pytest.raises(ServerBusy, match="ask one question at a time"):
        kept.acquire("somebody", "", 4)
    more, words = filled(kept, identities("newcomer"), "")
    assert len(more) == Limits().answers_reserved - 1
    assert "writing 256 answers and may write 256" in words


@pytest.mark.parametrize(("answers", "reserved", "for_one"), [(8, 32, 4), (1, 32, 1), (9, 2, 7)])
def test_a_small_server_reserves_no_more_than_half(
    answers: int, reserved: int, for_one: int
) -> None:
    """A host that lowers the number of answers need not change the reserve."""
    kept = RateLimiter(Limits(answers=answers, answers_reserved=reserved))
    slots, _ = filled(kept, iter(["somebody"]), "", each=100)
    assert len(slots) == for_one
    more, _ = filled(kept, identities(), "")
    assert len(slots) + len(more) == answers


def test_a_silent_answer_is_ended_on_a_full_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """It belongs to the owner with the most answers, and its slot goes to an owner without one."""
    kept = RateLimiter(Limits(answers=4, answers_reserved=1, silent_answer_seconds=60))
    crowd = [answering(*kept.acquire("crowd", "", 1)) for _ in range(3)]
    single = answering(*kept.acquire("single", "", 1))
    with pytest.raises(ServerBusy, match="may write 4"):
        kept.acquire("somebody", "", 1)
    monkeypatch.setattr(single, "last_text", time.monotonic() - 200)
    for age, answer in zip((70, 90, 10), crowd, strict=True):
        monkeypatch.setattr(answer, "last_text", time.monotonic() - age)
    with pytest.raises(ServerBusy, match="may write 4"):
        kept.acquire("crowd", "", 1)
    kept.acquire("somebody", "", 1)
    assert [answer.outcome is None for answer in (*crowd, single)] == [True, False, True, True]
    assert crowd[1].outcome
    assert crowd[1].outcome.state is MessageState.FAILED
    assert "ended to let them ask" in crowd[1].outcome.error_words
    # Its own worker reaches the same end a little later.
    kept.release(crowd[1])
    kept.acquire("another", "", 1)
    kept.acquire("a third", "", 1)
    assert [answer.outcome is None for answer in (*crowd, single)] == [False, False, True, False]
    with pytest.raises(ServerBusy, match="may write 4"):
        kept.acquire("a fourth", "", 1)


def test_no_silent_answer_is_ended_while_slots_are_free(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model may think for a long time."""
    kept = RateLimiter(Limits(answers=2))
    answer = answering(*kept.acquire("somebody", "", 1))
    monkeypatch.setattr(answer, "last_text", time.monotonic() - 1000)
    kept.acquire("another", "", 1)
    assert answer.outcome is None


def test_unused_slots_are_freed() -> None:
    """If the store fails or has nothing to answer, no answer is counted as running."""
    kept = RateLimiter(Limits(answers=4))
    for _ in range(10):
        with suppress(ZeroDivisionError), kept.admitted("a", THERE, 2) as slots:
            answer = answering(slots.pop())
            raise ZeroDivisionError
        assert [slot.answer for slot in kept._slots] == [answer]
        kept.release(answer)
    with kept.admitted("a", THERE, 2):
        assert len(kept._slots) == 2
    assert not kept._slots


def test_the_limit_per_minute_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a minute as many may be requested again, and the owner is forgotten."""
    monkeypatch.setattr(rate_limit, "MINUTE_SECONDS", 0.2)
    kept = RateLimiter(Limits(answers_per_visitor_per_minute=2))
    kept.acquire("somebody", "", 2)
    with pytest.raises(ServerBusy):
        kept.acquire("somebody", "", 1)
    time.sleep(0.25)
    kept.acquire("somebody", "", 2)
    time.sleep(0.25)
    kept.acquire("somebody else", "", 1)
    assert list(kept._asked) == ["somebody else"]


def test_a_visitor_who_drops_the_cookie(tmp_path: Path, slow_demo_server: DemoServer) -> None:
    """One address has a bounded number of hanging answers; others are answered meanwhile."""
    bounds = "answers_per_address=6, answers=12, answers_reserved=3"
    settings = {
        "LIAOBOTS_URL": slow_demo_server.url,
        "LIAOBOTS_AUTH": CODE,
        "LIAOBOTS_LIMITS": bounds,
    }
    slow_demo_server.answer = lambda _: iter(["Here it is"])

    async def ask(app: App, question: str, address: str) -> list[str]:
        """Ask as a new visitor, and return what the page shows."""
        # A proxy on this machine passes on the address.
        async with Visitor(app.url, headers={"X-Forwarded-For": address}) as visitor:
            await visitor.drawn()
            await visitor.ask(question)
            await visitor.until(lambda: visitor.shows(question) or visitor.shows("may have"))
            if "fault" not in question:
                await visitor.until(lambda: visitor.shows("Here it is"))
            return list(visitor.shown)

    async def attack(app: App) -> None:
        refused = 0
        for number in range(10):
            shown = await ask(app, f"Number {number}, fault: silent", THERE)
            refused += any("one address may have 6 at once" in words for words in shown)
        assert refused == 4
        for _ in range(3):
            await ask(app, "And me?", ELSEWHERE)

    with App(tmp_path, **settings) as app:
        finished(attack(app))
