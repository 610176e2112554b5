"""The client against the demo service: every shape and every fault."""

import gc
import gzip
import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from liaobots import errors
from liaobots.client import retry
from liaobots.client.client import Account, Client
from liaobots.client.reply import LATENESS_FACTOR, MAX_POLL_INTERVAL_SECONDS
from liaobots.client.transport import CancellableRequest
from liaobots.demo.server import FAULTS, SHAPES, DemoServer, tour
from tests.support.auth_code import CODE
from tests.support.client_calls import ask, assert_fit_for_the_page
from tests.support.pieces import folded
from tests.support.raw_server import RawServer, whole

WIRES = ["2023", "2025", "openai"]


def at(service: DemoServer, wire: str) -> str:
    """Return the address at which the demo service speaks this form."""
    return f"{service.url}/v1" if wire == "openai" else service.url


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the pauses between attempts."""
    monkeypatch.setattr(retry, "PAUSES", (0.01, 0.02))


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape(demo_server: DemoServer, wire: str, shape: str) -> None:
    """The answer is the same in every shape."""
    question = f"Привет 你好 shape: {shape}"
    client = Client(CODE, at(demo_server, wire), wire=wire)
    reasoning, text = folded(client.chat(ask(question)).pieces())
    has_reasoning = wire == "openai" and "thoughtful" in shape
    assert text == "".join(tour(question)) == "".join(client.chat(ask(question)))
    assert reasoning == ("Let me think." if has_reasoning else "")


REFUSALS = {
    "refused": errors.AuthCodeRejected,
    "forbidden": errors.AuthCodeRejected,
    "credit": errors.OutOfCredit,
    "credit-in-band": errors.OutOfCredit,
    "fast": errors.RateLimited,
    "fast-date": errors.RateLimited,
    "human": errors.CaptchaRequired,
    "human-403": errors.CaptchaRequired,
    "broken": errors.ServiceError,
    "away": errors.ServiceError,
    "error": errors.ServiceError,
    "empty": errors.ServiceError,
    "drop": errors.ConnectionFailed,
    "silent": errors.ConnectionFailed,
    "redirect": errors.ServiceError,
}
INTERRUPTIONS = {
    "in-band": errors.ServiceError,
    "stall": errors.AnswerInterrupted,
    "cut": errors.AnswerInterrupted,
}


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("fault", REFUSALS)
def test_every_refusal(demo_server: DemoServer, wire: str, fault: str) -> None:
    """Each refusal raises its error class, before any text."""
    pieces: list[str] = []
    with pytest.raises(errors.LiaobotsError) as caught:
        pieces += Client(CODE, at(demo_server, wire), wire=wire, timeout=0.3).chat(
            ask(f"fault: {fault}")
        )
    assert type(caught.value) is REFUSALS[fault]
    assert not pieces
    assert_fit_for_the_page(caught.value)


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("fault", INTERRUPTIONS)
def test_interrupted_answers(slow_demo_server: DemoServer, wire: str, fault: str) -> None:
    """The pieces before an error in the middle are returned."""
    slow_demo_server.pace, slow_demo_server.answer = 50, lambda _: iter("abcdefghij")
    came: list[str] = []
    client = Client(CODE, at(slow_demo_server, wire), wire=wire, timeout=0.5)
    reply = client.chat(ask(f"fault: {fault}"))
    with pytest.raises(INTERRUPTIONS[fault]) as caught:
        came.extend(iter(reply))
    assert "".join(came) == "abcde"
    assert type(caught.value) is INTERRUPTIONS[fault]
    assert_fit_for_the_page(caught.value)


def test_every_fault_is_tested() -> None:
    """The lists of this module name every fault of the demo service."""
    assert REFUSALS.keys() | INTERRUPTIONS.keys() | {"flaky", *INCOMPLETE} == FAULTS.keys()


INCOMPLETE = {"length": errors.AnswerInterrupted, "filter": errors.ServiceError}


@pytest.mark.parametrize("shape", ["", "shape: whole", "shape: unmarked"])
@pytest.mark.parametrize("fault", INCOMPLETE)
def test_incomplete_reason(demo_server: DemoServer, fault: str, shape: str) -> None:
    """The text of an incomplete answer is returned, and the reason is not raised."""
    demo_server.answer = lambda _: iter("abc")
    reply = Client(CODE, at(demo_server, "openai"), wire="openai").chat(
        ask(f"fault: {fault} {shape}")
    )
    assert "".join(reply) == "abc"
    assert type(reply.incomplete_reason) is INCOMPLETE[fault]


def test_complete_answers_have_no_incomplete_reason(demo_server: DemoServer) -> None:
    """A complete answer has no incomplete reason in any form."""
    for wire in WIRES:
        reply = Client(CODE, at(demo_server, wire), wire=wire).chat(ask("hello"))
        assert list(reply)
        assert reply.incomplete_reason is None


def test_retry_after(demo_server: DemoServer) -> None:
    """`retry_after` is in seconds, from either form of the header."""
    waits = []
    for fault in ("fast", "fast-date"):
        with pytest.raises(errors.RateLimited) as caught:
            list(Client(CODE, demo_server.url).chat(ask(f"fault: {fault}")))
        waits.append(caught.value.retry_after or 0)
    assert waits[0] == 7
    assert 80 < waits[1] <= 90


def test_retries_before_the_first_byte(demo_server: DemoServer) -> None:
    """After two failures with 503, the third attempt succeeds."""
    assert list(Client(CODE, demo_server.url).chat(ask("fault: flaky")))
    assert len(demo_server.asked) == 3


@pytest.mark.parametrize(
    ("fault", "times"),
    [
        ("away", 3),
        ("drop", 3),
        ("refused", 1),
        ("fast", 1),
        ("broken", 1),
        ("cut", 1),
        ("empty", 1),
    ],
)
def test_number_of_attempts(demo_server: DemoServer, fault: str, times: int) -> None:
    """There are three attempts for a lost connection and 503, one for other errors."""
    with pytest.raises(errors.LiaobotsError):
        list(Client(CODE, demo_server.url).chat(ask(f"fault: {fault}")))
    assert len(demo_server.asked) == times


def test_pauses_grow() -> None:
    """The second of the two pauses is longer."""
    first, second = retry.PAUSES
    assert 0 < first < second


def test_no_service() -> None:
    """An address without a service raises `ConnectionFailed`."""
    with pytest.raises(errors.ConnectionFailed, match="could not be reached"):
        list(Client(CODE, "http://127.0.0.1:9").chat(ask("hello")))


def test_timeout_counts_silence_not_length(slow_demo_server: DemoServer) -> None:
    """An answer may take longer than the timeout if its pauses are shorter."""
    slow_demo_server.answer = lambda _: iter("abcdefghijklmnopqrst")
    started = time.monotonic()
    assert len("".join(Client(CODE, slow_demo_server.url, timeout=0.5).chat(ask("x")))) == 20
    assert time.monotonic() - started > 0.5


@pytest.mark.parametrize("shape", ["", "shape: unchunked"])
@pytest.mark.parametrize("wire", WIRES)
def test_pieces_arrive_when_they_are_sent(
    slow_demo_server: DemoServer, wire: str, shape: str
) -> None:
    """The first of twenty pieces arrives long before the last is sent."""
    slow_demo_server.answer = lambda _: iter("abcdefghijklmnopqrst")
    reply = Client(CODE, at(slow_demo_server, wire), wire=wire).chat(ask(f"x {shape}"))
    next(reply)
    first = time.monotonic()
    others = list(reply)
    assert len(others) == 19
    assert time.monotonic() - first > 0.5


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the list to which the seconds of each wait between two reads are added."""
    found: list[float] = []
    wait = CancellableRequest.wait

    def recorded(call: CancellableRequest, seconds: float) -> float:
        found.append(seconds)
        return wait(call, seconds)

    monkeypatch.setattr(CancellableRequest, "wait", recorded)
    return found


@pytest.mark.parametrize("shape", ["chunked", "unchunked", "gzip"])
def test_poll_interval(slow_demo_server: DemoServer, waits: list[float], shape: str) -> None:
    """With a poll interval the answer is the same, and there are far fewer waits than pieces."""
    pieces = [f"piece{number} " for number in range(300)]
    slow_demo_server.answer = lambda _: iter(pieces)
    for pace, at_least, at_most in ((None, 0, 30), (200, 10, 100)):
        waits.clear()
        slow_demo_server.pace = pace
        question = [{"role": "user", "content": f"shape: {shape}"}]
        reply = Client(CODE, slow_demo_server.url).chat(question, "gpt-4", rest=0.05)
        assert "".join(reply) == "".join(pieces)
        assert at_least <= len(waits) <= at_most


def test_poll_interval_with_a_small_body_of_a_long_answer(
    raw_server: RawServer, waits: list[float]
) -> None:
    """What has arrived is read without a wait, also while only the decompressor holds it."""
    long = b"word " * 1_000_000
    raw_server.response = lambda: [whole(gzip.compress(long), b"Content-Encoding: gzip")]
    reply = Client(CODE, raw_server.url).chat(ask("x"), "gpt-4", rest=0.05)
    assert "".join(reply) == long.decode()
    assert len(waits) < 10


def test_poll_interval_on_a_busy_machine(
    slow_demo_server: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The poll interval grows while the thread wakes up late, then returns to its minimum."""
    waits: list[float] = []
    wait = CancellableRequest.wait

    def late(call: CancellableRequest, seconds: float) -> float:
        waits.append(seconds)
        wait(call, seconds)
        return 0.004 if len(waits) < 4 else 0.5 if len(waits) < 6 else 0.0

    monkeypatch.setattr(CancellableRequest, "wait", late)
    slow_demo_server.pace, slow_demo_server.answer = 50, lambda _: iter(["piece "] * 100)
    assert "".join(Client(CODE, slow_demo_server.url).chat(ask("x"), "gpt-4", rest=0.05))
    longer = pytest.approx(0.05 + LATENESS_FACTOR * 0.004)
    assert waits[:7] == [0.05, *[longer] * 3, *[MAX_POLL_INTERVAL_SECONDS] * 2, 0.05]


@pytest.mark.parametrize("pause", [0.0, 0.1])
def test_connection_lost_after_a_whole_answer(raw_server: RawServer, pause: float) -> None:
    """A connection lost after the finish reason is no error, with any poll interval."""

    def words() -> Iterator[bytes]:
        choice = b'{"delta": {"content": "Hello"}, "finish_reason": "stop"}'
        yield b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
        yield b'data: {"choices": [%s]}\n\n' % choice
        time.sleep(pause)
        raise ConnectionResetError

    raw_server.response = words
    client = Client(CODE, f"{raw_server.url}/v1", wire="openai")
    assert "".join(client.chat(ask("hello"), "gpt-4", rest=0.3)) == "Hello"


@pytest.mark.parametrize("fault", ["silent", "stall"])
def test_another_thread_closes(slow_demo_server: DemoServer, fault: str) -> None:
    """Closing ends a wait for headers or for a piece, and the service notices it."""
    slow_demo_server.pace = None
    reply = Client(CODE, slow_demo_server.url).chat(ask(f"fault: {fault}"))
    closed: list[float] = []

    def close() -> None:
        closed.append(time.monotonic())
        reply.close()

    threading.Timer(0.3, close).start()
    list(reply)
    assert time.monotonic() - closed[0] < 1
    deadline = time.monotonic() + 5
    while not slow_demo_server.hung_up and time.monotonic() < deadline:
        time.sleep(0.01)
    assert slow_demo_server.hung_up[0] - closed[0] < 1


def test_closing_before_the_first_piece_sends_nothing(demo_server: DemoServer) -> None:
    """A reply that is closed unread sends no request."""
    reply = Client(CODE, demo_server.url).chat(ask("hello"))
    reply.close()
    assert list(reply) == []
    assert not demo_server.asked


def test_closing_interrupts_the_pause_between_attempts(
    demo_server: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Closing ends the pause between two attempts."""
    monkeypatch.setattr(retry, "PAUSES", (30, 60))
    reply = Client(CODE, demo_server.url).chat(ask("fault: away"))
    threading.Timer(0.2, reply.close).start()
    started = time.monotonic()
    assert list(reply) == []
    assert time.monotonic() - started < 5


@pytest.fixture
def elsewhere() -> Iterator[DemoServer]:
    """Another host, which must never receive the code."""
    with DemoServer(pace=None, keeps_record=True) as service:
        yield service


@pytest.mark.parametrize("name", ["chat", "models", "account"])
def test_the_code_goes_to_one_host_only(
    demo_server: DemoServer, elsewhere: DemoServer, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A redirect to another host is refused, and nothing is sent there."""
    demo_server.moved_to = elsewhere.url
    client = Client(CODE, demo_server.url)
    calls: dict[str, Callable[[], object]] = {
        "chat": lambda: list(client.chat(ask("hello"))),
        "models": client.models,
        "account": client.account,
    }
    with pytest.raises(errors.ServiceError, match="redirects to another place"):
        calls[name]()
    assert not elsewhere.asked


def test_a_redirect_on_the_same_host_is_followed(demo_server: DemoServer) -> None:
    """Redirects on the same host are followed, but not in a loop."""
    demo_server.moved_to = demo_server.url + "/api/chat"
    with pytest.raises(errors.ServiceError, match="in a circle"):
        list(Client(CODE, demo_server.url).chat(ask("hello")))
    assert len(demo_server.asked) == 5


def test_the_code_is_never_shown(
    demo_server: DemoServer, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """The code is in no repr, log message or output."""
    caplog.set_level(logging.DEBUG)
    client = Client(CODE, demo_server.url)
    reply = client.chat(ask("hello"))
    shown = repr(client) + repr(reply) + "".join(reply) + repr(client.account())
    assert CODE not in shown + caplog.text + "".join(capsys.readouterr())


def test_models(demo_server: DemoServer) -> None:
    """`chat` accepts the models of the service's list once it is read."""
    client = Client(CODE, demo_server.url)
    with pytest.raises(errors.InvalidInput):
        client.chat(ask("hello"), "stand-in")
    models = client.models()
    assert models["stand-in"]["tokenLimit"] == 16_000
    assert demo_server.asked[-1]["body"] == {"key": ""}
    assert list(client.chat(ask("hello"), "stand-in"))


def test_search(demo_server: DemoServer) -> None:
    """Only the form of 2025 has a field for web search."""
    fields = []
    for wire in WIRES:
        client = Client(CODE, at(demo_server, wire), wire=wire)
        for search in (False, True):
            list(client.chat(ask("hello"), search=search))
            fields.append(demo_server.asked[-1]["body"].get("search"))
    assert fields == [None, None, "false", "true", None, None]


def test_openai_request(demo_server: DemoServer) -> None:
    """A request to OpenAI's API has its fields and headers."""
    before = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "One?"},
        {"role": "assistant", "content": "Two."},
    ]
    client = Client(CODE, at(demo_server, "openai"), wire="openai")
    assert list(client.chat([*before, *ask("hello")], "gpt-4"))
    asked = demo_server.asked[-1]
    assert asked["path"] == "/v1/chat/completions"
    assert asked["headers"]["authorization"] == f"Bearer {CODE}"
    assert not {"origin", "referer", "x-auth-code"} & asked["headers"].keys()
    assert asked["body"] == {
        "model": "gpt-4",
        "messages": [*before, *ask("hello")],
        "stream": True,
    }


def test_openai_without_a_code(demo_server: DemoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a code there is no header for it; a wrong code is rejected."""
    monkeypatch.delenv("LIAOBOTS_AUTH", raising=False)
    client = Client(base_url=at(demo_server, "openai"), wire="openai")
    assert list(client.chat(ask("hello")))
    assert "authorization" not in demo_server.asked[-1]["headers"]
    assert client.models().keys() == {"gpt-3.5-turbo", "gpt-4", "stand-in"}
    assert client.account() == Account()
    with pytest.raises(errors.AuthCodeRejected):
        list(Client("wrong", at(demo_server, "openai"), wire="openai").chat(ask("hello")))


def test_openai_is_found_below_v1(demo_server: DemoServer) -> None:
    """An address without a path is also tried with /v1."""
    client = Client(CODE, demo_server.url, wire="openai")
    assert "stand-in" in client.models()
    assert list(client.chat(ask("hello")))
    paths = [asked["path"] for asked in demo_server.asked]
    assert paths == ["/models", "/v1/models", "/chat/completions", "/v1/chat/completions"]


def test_openai_needs_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenAI's form has no default address."""
    monkeypatch.delenv("LIAOBOTS_URL", raising=False)
    with pytest.raises(errors.InvalidInput, match="LIAOBOTS_URL"):
        list(Client(CODE, wire="openai").chat(ask("hello")))


def test_openai_accepts_any_model(demo_server: DemoServer) -> None:
    """An unknown model is requested, and the service's error is raised."""
    client = Client(CODE, at(demo_server, "openai"), wire="openai")
    with pytest.raises(errors.ServiceError, match=r"no such model.*llama"):
        list(client.chat(ask("hello"), "llama"))
    assert demo_server.asked[-1]["body"]["model"] == "llama"


@pytest.mark.parametrize("wire", WIRES)
def test_the_list_is_the_same_in_each_form(demo_server: DemoServer, wire: str) -> None:
    """Models have the same names, context windows and makers in each form."""
    models = Client(CODE, at(demo_server, wire), wire=wire).models()
    assert list(models) == ["gpt-3.5-turbo", "gpt-4", "stand-in"]
    assert [facts["tokenLimit"] for facts in models.values()] == [4000, 8000, 16000]
    assert models["gpt-4"]["provider"] == "OpenAI"
    assert models["stand-in"]["provider"] == "Liaobots chat"
    assert models["gpt-4"]["maxLength"] == (None if wire == "openai" else 24_000)


def test_account(demo_server: DemoServer) -> None:
    """An account has numbers for balance and amount, and the other fields without the code."""
    account = Client(CODE, demo_server.url).account()
    assert (account.balance, account.amount) == (12.5, 20)
    assert account.others == {"gpt4FreeRemain": 3}
    assert demo_server.asked[-1]["body"] == {"authcode": CODE}


def test_account_of_a_refused_code(demo_server: DemoServer) -> None:
    """A wrong code raises `AuthCodeRejected` for an account too."""
    with pytest.raises(errors.AuthCodeRejected):
        Client("wrong", demo_server.url).account()


def test_proxies_and_netrc_are_ignored(
    demo_server: DemoServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No proxy is used for an address of this machine, and no .netrc is read."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret")
    monkeypatch.setenv("NETRC", str(netrc))
    assert list(Client(CODE, demo_server.url).chat(ask("hello")))
    assert "authorization" not in demo_server.asked[0]["headers"]


def test_closing_at_any_moment(demo_server: DemoServer) -> None:
    """Closing a reply at any moment ends the iterator without an error."""
    demo_server.answer = lambda _: iter("x" * 400)
    for round_ in range(60):
        reply = Client(CODE, demo_server.url).chat(ask("hello"))
        threading.Timer(round_ / 10_000, reply.close).start()
        assert set(reply) <= {"x"}


def test_closing_without_streaming(slow_demo_server: DemoServer) -> None:
    """A reply that is closed without streaming yields nothing."""
    slow_demo_server.pace, slow_demo_server.answer = None, lambda _: iter("abcdefghij")
    reply = Client(CODE, slow_demo_server.url).chat(ask("fault: stall"), stream=False)
    threading.Timer(0.3, reply.close).start()
    assert list(reply) == []


def test_unreferenced_reply_is_closed(slow_demo_server: DemoServer) -> None:
    """A reply without references is closed, even without garbage collection."""
    gc.disable()
    try:
        reply = Client(CODE, slow_demo_server.url).chat(ask("hello"))
        next(reply)
        del reply
        deadline = time.monotonic() + 2
        while not slow_demo_server.hung_up and time.monotonic() < deadline:
            time.sleep(0.01)
        assert slow_demo_server.hung_up
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (b"HTTP/1.1 401 No\r\nContent-Length: 99\r\n\r\nshort", errors.AuthCodeRejected),
        (b"HTTP/1.1 429 No\r\nContent-Encoding: gzip\r\n\r\nbad", errors.RateLimited),
        (b"HTTP/1.1 307 Go\r\nLocation: http://[\r\n\r\n", errors.ServiceError),
        (b"HTTP/1.1 307 Go\r\nLocation: http://127.0.0.1:abc/\r\n\r\n", errors.ServiceError),
        (b"HTTP/1.1 401 No\r\n\r\n" + b"[" * 100_000, errors.AuthCodeRejected),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nHello", errors.AnswerInterrupted),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nbad", errors.ServiceError),
        (b"nonsense\r\n\r\n", errors.ConnectionFailed),
        (b"", errors.ConnectionFailed),
    ],
)
def test_invalid_responses(
    raw_server: RawServer, words: bytes, error: type[errors.LiaobotsError]
) -> None:
    """Each invalid response raises the right `LiaobotsError`."""
    raw_server.response = lambda: [words]
    with pytest.raises(errors.LiaobotsError) as caught:
        list(Client(CODE, raw_server.url, timeout=5).chat(ask("hello")))
    assert type(caught.value) is error
    assert_fit_for_the_page(caught.value)


@pytest.mark.parametrize(
    "body", [b'{"authCode":"%s", ' % CODE.encode(), b'\xff"%s"' % CODE.encode(), b"[" * 100_000]
)
def test_unreadable_accounts(raw_server: RawServer, body: bytes) -> None:
    """The error does not refer to the body, which holds the code."""
    raw_server.response = lambda: [b"HTTP/1.1 200 OK\r\n\r\n" + body]
    with pytest.raises(errors.ServiceError) as caught:
        Client(CODE, raw_server.url).account()
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_odd_values_in_an_account(raw_server: RawServer) -> None:
    """Invalid numbers are None, and the code is removed everywhere."""
    body = b'{"balance": 1%s, "amount": NaN, "a": {"%s": 1}, "b": ["x%s"], "c": 3}' % (
        b"0" * 400,
        CODE.encode(),
        CODE.encode(),
    )
    raw_server.response = lambda: [b"HTTP/1.1 200 OK\r\n\r\n" + body]
    account = Client(CODE, raw_server.url).account()
    assert (account.balance, account.amount) == (None, None)
    assert account.others == {"a": {}, "b": [None], "c": 3}
