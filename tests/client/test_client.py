"""The client against the stand-in: every shape, every fault, every promise."""

import gc
import logging
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from liaobots import errors
from liaobots.client import retry
from liaobots.client.client import Account, Client
from liaobots.client.reply import LONGEST_REST, YIELDING
from liaobots.client.transport import CancellableRequest
from liaobots.demo.server import FAULTS, SHAPES, DemoServer, tour
from tests.conftest import CODE
from tests.support.raw_server import Teller

WIRES = ["2023", "2025", "openai"]
THOUGHT = "<think>Let me think.</think>\n\n"


def at(service: DemoServer, wire: str) -> str:
    """Gives the address at which the stand-in speaks this form."""
    return f"{service.url}/v1" if wire == "openai" else service.url


def ask(words: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": words}]


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pauses between tries keep their number and order, and lose their length."""
    monkeypatch.setattr(retry, "PAUSES", (0.01, 0.02))


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_read(demo_server: DemoServer, wire: str, shape: str) -> None:
    """The answer is the same in whichever shape it comes."""
    question = f"Привет 你好 shape: {shape}"
    answer = "".join(Client(CODE, at(demo_server, wire), wire=wire).chat(ask(question)))
    is_thoughtful = wire == "openai" and "thoughtful" in shape
    assert answer == THOUGHT * is_thoughtful + "".join(tour(question))


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
BREAKS = {
    "in-band": errors.ServiceError,
    "stall": errors.AnswerInterrupted,
    "cut": errors.AnswerInterrupted,
}


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("fault", REFUSALS)
def test_every_refusal_is_a_kind(demo_server: DemoServer, wire: str, fault: str) -> None:
    """Each fault is the kind it should be, before any text."""
    pieces: list[str] = []
    with pytest.raises(errors.LiaobotsError) as caught:
        pieces += Client(CODE, at(demo_server, wire), wire=wire, timeout=0.3).chat(
            ask(f"fault: {fault}")
        )
    assert type(caught.value) is REFUSALS[fault]
    assert not pieces
    assert_fit_for_the_page(caught.value)


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("fault", BREAKS)
def test_a_break_keeps_what_came(slow_demo_server: DemoServer, wire: str, fault: str) -> None:
    """The pieces before the break were given; the error takes nothing away."""
    slow_demo_server.pace, slow_demo_server.answer = 50, lambda _: iter("abcdefghij")
    came: list[str] = []
    client = Client(CODE, at(slow_demo_server, wire), wire=wire, timeout=0.5)
    reply = client.chat(ask(f"fault: {fault}"))
    with pytest.raises(BREAKS[fault]) as caught:
        came.extend(iter(reply))
    assert "".join(came) == "abcde"
    assert type(caught.value) is BREAKS[fault]
    assert_fit_for_the_page(caught.value)


def test_no_fault_of_the_standin_is_left_out() -> None:
    """The two lists above, and those that end well, are all there are."""
    assert REFUSALS.keys() | BREAKS.keys() | {"flaky", *SHORTFALLS} == FAULTS.keys()


SHORTFALLS = {"length": errors.AnswerInterrupted, "filter": errors.ServiceError}


@pytest.mark.parametrize("shape", ["", "shape: whole", "shape: unmarked"])
@pytest.mark.parametrize("fault", SHORTFALLS)
def test_a_shortfall_is_told_and_not_raised(
    demo_server: DemoServer, fault: str, shape: str
) -> None:
    """What the model said before its end came too early is all there is, and is given."""
    demo_server.answer = lambda _: iter("abc")
    reply = Client(CODE, at(demo_server, "openai"), wire="openai").chat(
        ask(f"fault: {fault} {shape}")
    )
    assert "".join(reply) == "abc"
    assert type(reply.incomplete_reason) is SHORTFALLS[fault]


def test_whole_answers_have_no_shortfall(demo_server: DemoServer) -> None:
    """In no form."""
    for wire in WIRES:
        reply = Client(CODE, at(demo_server, wire), wire=wire).chat(ask("hello"))
        assert list(reply)
        assert reply.incomplete_reason is None


def assert_fit_for_the_page(error: BaseException) -> None:
    """Says what to do next; holds no code and no markup, down to the errors behind it."""
    assert len(str(error)) < 400
    assert str(error).endswith((".", "”"))
    assert "<" not in str(error)
    shown = "".join(traceback.format_exception(error))
    assert CODE not in shown
    while cause := error.__cause__:
        assert getattr(cause, "request", None) is None
        assert CODE not in repr(vars(cause))
        error = cause


def test_waits_are_told(demo_server: DemoServer) -> None:
    """retry_after is in seconds, from either form of the header."""
    waits = []
    for fault in ("fast", "fast-date"):
        with pytest.raises(errors.RateLimited) as caught:
            list(Client(CODE, demo_server.url).chat(ask(f"fault: {fault}")))
        waits.append(caught.value.retry_after or 0)
    assert waits[0] == 7
    assert 80 < waits[1] <= 90


def test_tries_again_before_the_first_byte(demo_server: DemoServer) -> None:
    """Two failures with 503 are survived, by asking three times."""
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
def test_how_often_is_asked(demo_server: DemoServer, fault: str, times: int) -> None:
    """A lost connection and 503 are tried three times, a refusal or half an answer once."""
    with pytest.raises(errors.LiaobotsError):
        list(Client(CODE, demo_server.url).chat(ask(f"fault: {fault}")))
    assert len(demo_server.asked) == times


def test_pauses_grow() -> None:
    """Two pauses, the second longer."""
    first, second = retry.PAUSES
    assert 0 < first < second


def test_nobody_there() -> None:
    """An address where nobody listens is no connection."""
    with pytest.raises(errors.ConnectionFailed, match="could not be reached"):
        list(Client(CODE, "http://127.0.0.1:9").chat(ask("hello")))


def test_timeout_counts_silence_not_length(slow_demo_server: DemoServer) -> None:
    """An answer that takes longer than the timeout, but is never silent so long, comes whole."""
    slow_demo_server.answer = lambda _: iter("abcdefghijklmnopqrst")
    started = time.monotonic()
    assert len("".join(Client(CODE, slow_demo_server.url, timeout=0.5).chat(ask("x")))) == 20
    assert time.monotonic() - started > 0.5


@pytest.mark.parametrize("shape", ["", "shape: unchunked"])
@pytest.mark.parametrize("wire", WIRES)
def test_a_piece_comes_when_it_is_sent(slow_demo_server: DemoServer, wire: str, shape: str) -> None:
    """The first of twenty pieces is there long before the last is sent."""
    slow_demo_server.answer = lambda _: iter("abcdefghijklmnopqrst")
    reply = Client(CODE, at(slow_demo_server, wire), wire=wire).chat(ask(f"x {shape}"))
    next(reply)
    first = time.monotonic()
    rest = list(reply)
    assert len(rest) == 19
    assert time.monotonic() - first > 0.5


@pytest.mark.parametrize("shape", ["chunked", "unchunked", "gzip"])
def test_whoever_rests_reads_what_has_come_meanwhile(
    slow_demo_server: DemoServer, monkeypatch: pytest.MonkeyPatch, shape: str
) -> None:
    """The answer is the same, in far fewer waits than it has pieces, and takes no longer."""
    rests: list[float] = []
    rest = CancellableRequest.rest

    def noted(line: CancellableRequest, seconds: float) -> float:
        rests.append(seconds)
        return rest(line, seconds)

    monkeypatch.setattr(CancellableRequest, "rest", noted)
    pieces = [f"piece{number} " for number in range(300)]
    slow_demo_server.answer = lambda _: iter(pieces)
    for pace, at_least, at_most in ((None, 0, 30), (200, 10, 100)):
        rests.clear()
        slow_demo_server.pace = pace
        question = [{"role": "user", "content": f"shape: {shape}"}]
        reply = Client(CODE, slow_demo_server.url).chat(question, "gpt-4", rest=0.05)
        assert "".join(reply) == "".join(pieces)
        assert at_least <= len(rests) <= at_most


def test_on_a_busy_machine_reading_rests_longer(
    slow_demo_server: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever wakes up late reads less often, and at once as before when it is in time again."""
    rests: list[float] = []
    rest = CancellableRequest.rest

    def late(line: CancellableRequest, seconds: float) -> float:
        rests.append(seconds)
        rest(line, seconds)
        return 0.004 if len(rests) < 4 else 0.5 if len(rests) < 6 else 0.0

    monkeypatch.setattr(CancellableRequest, "rest", late)
    slow_demo_server.pace, slow_demo_server.answer = 50, lambda _: iter(["piece "] * 100)
    assert "".join(Client(CODE, slow_demo_server.url).chat(ask("x"), "gpt-4", rest=0.05))
    longer = pytest.approx(0.05 + YIELDING * 0.004)
    assert rests[:7] == [0.05, *[longer] * 3, *[LONGEST_REST] * 2, 0.05]


@pytest.mark.parametrize("pause", [0.0, 0.1])
def test_a_line_that_breaks_behind_a_whole_answer(teller: Teller, pause: float) -> None:
    """It is no fault, also where the reader rests meanwhile: the answer had told its end."""

    def words() -> Iterator[bytes]:
        choice = b'{"delta": {"content": "Hello"}, "finish_reason": "stop"}'
        yield b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
        yield b'data: {"choices": [%s]}\n\n' % choice
        time.sleep(pause)
        raise ConnectionResetError

    teller.words = words
    client = Client(CODE, f"{teller.url}/v1", wire="openai")
    assert "".join(client.chat(ask("hello"), "gpt-4", rest=0.3)) == "Hello"


@pytest.mark.parametrize("fault", ["silent", "stall"])
def test_another_thread_hangs_up(slow_demo_server: DemoServer, fault: str) -> None:
    """Closing wakes a reader who waits for headers or for a piece, and the service sees it."""
    slow_demo_server.pace = None
    reply = Client(CODE, slow_demo_server.url).chat(ask(f"fault: {fault}"))
    closed: list[float] = []

    def close() -> None:
        closed.append(time.monotonic())
        reply.close()

    threading.Timer(0.3, close).start()
    list(reply)
    assert time.monotonic() - closed[0] < 1
    until = time.monotonic() + 5
    while not slow_demo_server.hung_up and time.monotonic() < until:
        time.sleep(0.01)
    assert slow_demo_server.hung_up[0] - closed[0] < 1


def test_closing_before_the_first_piece_sends_nothing(demo_server: DemoServer) -> None:
    """A reply that was closed unread never asked."""
    reply = Client(CODE, demo_server.url).chat(ask("hello"))
    reply.close()
    assert list(reply) == []
    assert not demo_server.asked


def test_closing_interrupts_the_pause_between_tries(
    demo_server: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for a pause that nobody wants."""
    monkeypatch.setattr(retry, "PAUSES", (30, 60))
    reply = Client(CODE, demo_server.url).chat(ask("fault: away"))
    threading.Timer(0.2, reply.close).start()
    started = time.monotonic()
    assert list(reply) == []
    assert time.monotonic() - started < 5


@pytest.fixture
def elsewhere() -> Iterator[DemoServer]:
    """Another host, which must never hear of the code."""
    with DemoServer(pace=None, keeps_record=True) as service:
        yield service


@pytest.mark.parametrize("call", ["chat", "models", "account"])
def test_the_code_goes_to_one_host_only(
    demo_server: DemoServer, elsewhere: DemoServer, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """A redirect to another host is refused, says where it led, and carries nothing there."""
    demo_server.moved_to = elsewhere.url
    client = Client(CODE, demo_server.url)
    calls: dict[str, Callable[[], object]] = {
        "chat": lambda: list(client.chat(ask("hello"))),
        "models": client.models,
        "account": client.account,
    }
    with pytest.raises(errors.ServiceError, match="redirects to another place"):
        calls[call]()
    assert not elsewhere.asked


def test_a_redirect_on_the_same_host_is_followed(demo_server: DemoServer) -> None:
    """The service may move its paths about."""
    demo_server.moved_to = demo_server.url + "/api/chat"
    with pytest.raises(errors.ServiceError, match="in a circle"):
        list(Client(CODE, demo_server.url).chat(ask("hello")))
    assert len(demo_server.asked) == 5


def test_the_code_shows_nowhere(
    demo_server: DemoServer, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither a repr, nor a log line at any level, nor the output has it."""
    caplog.set_level(logging.DEBUG)
    client = Client(CODE, demo_server.url)
    reply = client.chat(ask("hello"))
    shown = repr(client) + repr(reply) + "".join(reply) + repr(client.account())
    assert CODE not in shown + caplog.text + "".join(capsys.readouterr())


def test_models(demo_server: DemoServer) -> None:
    """The live list is read, and its models can then be asked for."""
    client = Client(CODE, demo_server.url)
    with pytest.raises(errors.InvalidInput):
        client.chat(ask("hello"), "stand-in")
    models = client.models()
    assert models["stand-in"]["tokenLimit"] == 16_000
    assert demo_server.asked[-1]["body"] == {"key": ""}
    assert list(client.chat(ask("hello"), "stand-in"))


def test_search(demo_server: DemoServer) -> None:
    """The form of 2025 has a field for it, the others have none."""
    fields = []
    for wire in WIRES:
        client = Client(CODE, at(demo_server, wire), wire=wire)
        for search in (False, True):
            list(client.chat(ask("hello"), search=search))
            fields.append(demo_server.asked[-1]["body"].get("search"))
    assert fields == [None, None, "false", "true", None, None]


def test_openai_asks_as_its_api_is_described(demo_server: DemoServer) -> None:
    """Bearer, stream, roles as they are; no origin, no form of Liaobots, no old thoughts."""
    before = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "One?"},
        {"role": "assistant", "content": "<think>Hm.</think>\n\nTwo."},
    ]
    client = Client(CODE, at(demo_server, "openai"), wire="openai")
    assert list(client.chat([*before, *ask("hello")], "gpt-4"))
    asked = demo_server.asked[-1]
    assert asked["path"] == "/v1/chat/completions"
    assert asked["headers"]["authorization"] == f"Bearer {CODE}"
    assert not {"origin", "referer", "x-auth-code"} & asked["headers"].keys()
    before[2]["content"] = "Two."
    assert asked["body"] == {
        "model": "gpt-4",
        "messages": [*before, *ask("hello")],
        "stream": True,
    }


def test_openai_needs_no_code_where_the_engine_wants_none(
    demo_server: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then there is no header for it; an engine that wants one refuses."""
    monkeypatch.delenv("LIAOBOTS_AUTH", raising=False)
    client = Client(base_url=at(demo_server, "openai"), wire="openai")
    assert list(client.chat(ask("hello")))
    assert "authorization" not in demo_server.asked[-1]["headers"]
    assert client.models().keys() == {"gpt-3.5-turbo", "gpt-4", "stand-in"}
    assert client.account() == Account()
    with pytest.raises(errors.AuthCodeRejected):
        list(Client("wrong", at(demo_server, "openai"), wire="openai").chat(ask("hello")))


def test_openai_is_found_below_v1(demo_server: DemoServer) -> None:
    """Who leaves the usual /v1 out of an address without a path means it."""
    client = Client(CODE, demo_server.url, wire="openai")
    assert "stand-in" in client.models()
    assert list(client.chat(ask("hello")))
    paths = [asked["path"] for asked in demo_server.asked]
    assert paths == ["/models", "/v1/models", "/chat/completions", "/v1/chat/completions"]


def test_openai_needs_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent to Liaobots in a form that it does not speak."""
    monkeypatch.delenv("LIAOBOTS_URL", raising=False)
    with pytest.raises(errors.InvalidInput, match="LIAOBOTS_URL"):
        list(Client(CODE, wire="openai").chat(ask("hello")))


def test_openai_lets_the_service_decide_on_names(demo_server: DemoServer) -> None:
    """A name that is not in any list is asked for; the service says that it knows none such."""
    client = Client(CODE, at(demo_server, "openai"), wire="openai")
    with pytest.raises(errors.ServiceError, match=r"no such model.*llama"):
        list(client.chat(ask("hello"), "llama"))
    assert demo_server.asked[-1]["body"]["model"] == "llama"


@pytest.mark.parametrize("wire", WIRES)
def test_the_list_is_the_same_in_each_form(demo_server: DemoServer, wire: str) -> None:
    """Names, rooms in tokens, makers; what a form does not tell is None."""
    models = Client(CODE, at(demo_server, wire), wire=wire).models()
    assert list(models) == ["gpt-3.5-turbo", "gpt-4", "stand-in"]
    assert [facts["tokenLimit"] for facts in models.values()] == [4000, 8000, 16000]
    assert models["gpt-4"]["provider"] == "OpenAI"
    assert models["stand-in"]["provider"] == "Liaobots chat"
    assert models["gpt-4"]["maxLength"] == (None if wire == "openai" else 24_000)


def test_account(demo_server: DemoServer) -> None:
    """Balance and amount are numbers, what else comes is kept, the code is not."""
    account = Client(CODE, demo_server.url).account()
    assert (account.balance, account.amount) == (12.5, 20)
    assert account.others == {"gpt4FreeRemain": 3}
    assert demo_server.asked[-1]["body"] == {"authcode": CODE}


def test_account_of_a_refused_code(demo_server: DemoServer) -> None:
    """A refused code is the same kind everywhere."""
    with pytest.raises(errors.AuthCodeRejected):
        Client("wrong", demo_server.url).account()


def test_proxies_and_netrc_stay_out_of_the_way(
    demo_server: DemoServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A proxy is passed by on the way to this machine itself, and no password file is read."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret")
    monkeypatch.setenv("NETRC", str(netrc))
    assert list(Client(CODE, demo_server.url).chat(ask("hello")))
    assert "authorization" not in demo_server.asked[0]["headers"]


def test_closing_at_any_moment_is_an_end(demo_server: DemoServer) -> None:
    """A reader whose reply is closed meanwhile sees the end, never another error."""
    demo_server.answer = lambda _: iter("x" * 400)
    for round_ in range(60):
        reply = Client(CODE, demo_server.url).chat(ask("hello"))
        threading.Timer(round_ / 10_000, reply.close).start()
        assert set(reply) <= {"x"}


def test_half_an_answer_does_not_pass_for_the_whole(slow_demo_server: DemoServer) -> None:
    """Hung up on without streaming, there is no answer at all."""
    slow_demo_server.pace, slow_demo_server.answer = None, lambda _: iter("abcdefghij")
    reply = Client(CODE, slow_demo_server.url).chat(ask("fault: stall"), stream=False)
    threading.Timer(0.3, reply.close).start()
    assert list(reply) == []


def test_a_reply_that_is_dropped_hangs_up(slow_demo_server: DemoServer) -> None:
    """Without waiting for a collection of garbage."""
    gc.disable()
    try:
        reply = Client(CODE, slow_demo_server.url).chat(ask("hello"))
        next(reply)
        del reply
        until = time.monotonic() + 2
        while not slow_demo_server.hung_up and time.monotonic() < until:
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
def test_a_service_that_lies(
    teller: Teller, words: bytes, error: type[errors.LiaobotsError]
) -> None:
    """Whatever comes, it is one of our errors, and the one that its status says."""
    teller.words = lambda: [words]
    with pytest.raises(errors.LiaobotsError) as caught:
        list(Client(CODE, teller.url, timeout=5).chat(ask("hello")))
    assert type(caught.value) is error
    assert_fit_for_the_page(caught.value)


@pytest.mark.parametrize(
    "body", [b'{"authCode":"%s", ' % CODE.encode(), b'\xff"%s"' % CODE.encode(), b"[" * 100_000]
)
def test_an_account_that_cannot_be_read(teller: Teller, body: bytes) -> None:
    """The error holds nothing of the body, for the body names the code."""
    teller.words = lambda: [b"HTTP/1.1 200 OK\r\n\r\n" + body]
    with pytest.raises(errors.ServiceError) as caught:
        Client(CODE, teller.url).account()
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_an_account_of_odd_values(teller: Teller) -> None:
    """What is no number is None, and the code goes from wherever it stands."""
    body = b'{"balance": 1%s, "amount": NaN, "a": {"%s": 1}, "b": ["x%s"], "c": 3}' % (
        b"0" * 400,
        CODE.encode(),
        CODE.encode(),
    )
    teller.words = lambda: [b"HTTP/1.1 200 OK\r\n\r\n" + body]
    account = Client(CODE, teller.url).account()
    assert (account.balance, account.amount) == (None, None)
    assert account.others == {"a": {}, "b": [None], "c": 3}
