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
from liaobots.client.transport import Line
from liaobots.demo.server import FAULTS, SHAPES, StandIn, tour
from tests.conftest import CODE
from tests.support.raw_server import Teller

WIRES = ["2023", "2025", "openai"]
THOUGHT = "<think>Let me think.</think>\n\n"


def at(service: StandIn, wire: str) -> str:
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
def test_every_shape_is_read(standin: StandIn, wire: str, shape: str) -> None:
    """The answer is the same in whichever shape it comes."""
    question = f"Привет 你好 shape: {shape}"
    answer = "".join(Client(CODE, at(standin, wire), wire=wire).chat(ask(question)))
    is_thoughtful = wire == "openai" and "thoughtful" in shape
    assert answer == THOUGHT * is_thoughtful + "".join(tour(question))


REFUSALS = {
    "refused": errors.CodeRefused,
    "forbidden": errors.CodeRefused,
    "credit": errors.CreditExhausted,
    "credit-in-band": errors.CreditExhausted,
    "fast": errors.TooFast,
    "fast-date": errors.TooFast,
    "human": errors.HumanCheckWanted,
    "human-403": errors.HumanCheckWanted,
    "broken": errors.ServiceFault,
    "away": errors.ServiceFault,
    "error": errors.ServiceFault,
    "empty": errors.ServiceFault,
    "drop": errors.NoConnection,
    "silent": errors.NoConnection,
    "redirect": errors.ServiceFault,
}
BREAKS = {
    "in-band": errors.ServiceFault,
    "stall": errors.AnswerCut,
    "cut": errors.AnswerCut,
}


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("fault", REFUSALS)
def test_every_refusal_is_a_kind(standin: StandIn, wire: str, fault: str) -> None:
    """Each fault is the kind it should be, before any text."""
    pieces: list[str] = []
    with pytest.raises(errors.LiaobotsError) as caught:
        pieces += Client(CODE, at(standin, wire), wire=wire, timeout=0.3).chat(
            ask(f"fault: {fault}")
        )
    assert type(caught.value) is REFUSALS[fault]
    assert not pieces
    assert_fit_for_the_page(caught.value)


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("fault", BREAKS)
def test_a_break_keeps_what_came(slow_standin: StandIn, wire: str, fault: str) -> None:
    """The pieces before the break were given; the error takes nothing away."""
    slow_standin.pace, slow_standin.answer = 50, lambda _: iter("abcdefghij")
    came: list[str] = []
    client = Client(CODE, at(slow_standin, wire), wire=wire, timeout=0.5)
    reply = client.chat(ask(f"fault: {fault}"))
    with pytest.raises(BREAKS[fault]) as caught:
        came.extend(iter(reply))
    assert "".join(came) == "abcde"
    assert type(caught.value) is BREAKS[fault]
    assert_fit_for_the_page(caught.value)


def test_no_fault_of_the_standin_is_left_out() -> None:
    """The two lists above, and those that end well, are all there are."""
    assert REFUSALS.keys() | BREAKS.keys() | {"flaky", *SHORTFALLS} == FAULTS.keys()


SHORTFALLS = {"length": errors.AnswerCut, "filter": errors.ServiceFault}


@pytest.mark.parametrize("shape", ["", "shape: whole", "shape: unmarked"])
@pytest.mark.parametrize("fault", SHORTFALLS)
def test_a_shortfall_is_told_and_not_raised(standin: StandIn, fault: str, shape: str) -> None:
    """What the model said before its end came too early is all there is, and is given."""
    standin.answer = lambda _: iter("abc")
    reply = Client(CODE, at(standin, "openai"), wire="openai").chat(ask(f"fault: {fault} {shape}"))
    assert "".join(reply) == "abc"
    assert type(reply.shortfall) is SHORTFALLS[fault]


def test_whole_answers_have_no_shortfall(standin: StandIn) -> None:
    """In no form."""
    for wire in WIRES:
        reply = Client(CODE, at(standin, wire), wire=wire).chat(ask("hello"))
        assert list(reply)
        assert reply.shortfall is None


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


def test_waits_are_told(standin: StandIn) -> None:
    """retry_after is in seconds, from either form of the header."""
    waits = []
    for fault in ("fast", "fast-date"):
        with pytest.raises(errors.TooFast) as caught:
            list(Client(CODE, standin.url).chat(ask(f"fault: {fault}")))
        waits.append(caught.value.retry_after or 0)
    assert waits[0] == 7
    assert 80 < waits[1] <= 90


def test_tries_again_before_the_first_byte(standin: StandIn) -> None:
    """Two failures with 503 are survived, by asking three times."""
    assert list(Client(CODE, standin.url).chat(ask("fault: flaky")))
    assert len(standin.asked) == 3


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
def test_how_often_is_asked(standin: StandIn, fault: str, times: int) -> None:
    """A lost connection and 503 are tried three times, a refusal or half an answer once."""
    with pytest.raises(errors.LiaobotsError):
        list(Client(CODE, standin.url).chat(ask(f"fault: {fault}")))
    assert len(standin.asked) == times


def test_pauses_grow() -> None:
    """Two pauses, the second longer."""
    first, second = retry.PAUSES
    assert 0 < first < second


def test_nobody_there() -> None:
    """An address where nobody listens is no connection."""
    with pytest.raises(errors.NoConnection, match="could not be reached"):
        list(Client(CODE, "http://127.0.0.1:9").chat(ask("hello")))


def test_timeout_counts_silence_not_length(slow_standin: StandIn) -> None:
    """An answer that takes longer than the timeout, but is never silent so long, comes whole."""
    slow_standin.answer = lambda _: iter("abcdefghijklmnopqrst")
    started = time.monotonic()
    assert len("".join(Client(CODE, slow_standin.url, timeout=0.5).chat(ask("x")))) == 20
    assert time.monotonic() - started > 0.5


@pytest.mark.parametrize("shape", ["", "shape: unchunked"])
@pytest.mark.parametrize("wire", WIRES)
def test_a_piece_comes_when_it_is_sent(slow_standin: StandIn, wire: str, shape: str) -> None:
    """The first of twenty pieces is there long before the last is sent."""
    slow_standin.answer = lambda _: iter("abcdefghijklmnopqrst")
    reply = Client(CODE, at(slow_standin, wire), wire=wire).chat(ask(f"x {shape}"))
    next(reply)
    first = time.monotonic()
    rest = list(reply)
    assert len(rest) == 19
    assert time.monotonic() - first > 0.5


@pytest.mark.parametrize("shape", ["chunked", "unchunked", "gzip"])
def test_whoever_rests_reads_what_has_come_meanwhile(
    slow_standin: StandIn, monkeypatch: pytest.MonkeyPatch, shape: str
) -> None:
    """The answer is the same, in far fewer waits than it has pieces, and takes no longer."""
    rests: list[float] = []
    rest = Line.rest

    def noted(line: Line, seconds: float) -> float:
        rests.append(seconds)
        return rest(line, seconds)

    monkeypatch.setattr(Line, "rest", noted)
    pieces = [f"piece{number} " for number in range(300)]
    slow_standin.answer = lambda _: iter(pieces)
    for pace, at_least, at_most in ((None, 0, 30), (200, 10, 100)):
        rests.clear()
        slow_standin.pace = pace
        question = [{"role": "user", "content": f"shape: {shape}"}]
        reply = Client(CODE, slow_standin.url).chat(question, "gpt-4", rest=0.05)
        assert "".join(reply) == "".join(pieces)
        assert at_least <= len(rests) <= at_most


def test_on_a_busy_machine_reading_rests_longer(
    slow_standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever wakes up late reads less often, and at once as before when it is in time again."""
    rests: list[float] = []
    rest = Line.rest

    def late(line: Line, seconds: float) -> float:
        rests.append(seconds)
        rest(line, seconds)
        return 0.004 if len(rests) < 4 else 0.5 if len(rests) < 6 else 0.0

    monkeypatch.setattr(Line, "rest", late)
    slow_standin.pace, slow_standin.answer = 50, lambda _: iter(["piece "] * 100)
    assert "".join(Client(CODE, slow_standin.url).chat(ask("x"), "gpt-4", rest=0.05))
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
def test_another_thread_hangs_up(slow_standin: StandIn, fault: str) -> None:
    """Closing wakes a reader who waits for headers or for a piece, and the service sees it."""
    slow_standin.pace = None
    reply = Client(CODE, slow_standin.url).chat(ask(f"fault: {fault}"))
    closed: list[float] = []

    def close() -> None:
        closed.append(time.monotonic())
        reply.close()

    threading.Timer(0.3, close).start()
    list(reply)
    assert time.monotonic() - closed[0] < 1
    until = time.monotonic() + 5
    while not slow_standin.hung_up and time.monotonic() < until:
        time.sleep(0.01)
    assert slow_standin.hung_up[0] - closed[0] < 1


def test_closing_before_the_first_piece_sends_nothing(standin: StandIn) -> None:
    """A reply that was closed unread never asked."""
    reply = Client(CODE, standin.url).chat(ask("hello"))
    reply.close()
    assert list(reply) == []
    assert not standin.asked


def test_closing_interrupts_the_pause_between_tries(
    standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for a pause that nobody wants."""
    monkeypatch.setattr(retry, "PAUSES", (30, 60))
    reply = Client(CODE, standin.url).chat(ask("fault: away"))
    threading.Timer(0.2, reply.close).start()
    started = time.monotonic()
    assert list(reply) == []
    assert time.monotonic() - started < 5


@pytest.fixture
def elsewhere() -> Iterator[StandIn]:
    """Another host, which must never hear of the code."""
    with StandIn(pace=None, keeps_record=True) as service:
        yield service


@pytest.mark.parametrize("call", ["chat", "models", "account"])
def test_the_code_goes_to_one_host_only(
    standin: StandIn, elsewhere: StandIn, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """A redirect to another host is refused, says where it led, and carries nothing there."""
    standin.moved_to = elsewhere.url
    client = Client(CODE, standin.url)
    calls: dict[str, Callable[[], object]] = {
        "chat": lambda: list(client.chat(ask("hello"))),
        "models": client.models,
        "account": client.account,
    }
    with pytest.raises(errors.ServiceFault, match="redirects to another place"):
        calls[call]()
    assert not elsewhere.asked


def test_a_redirect_on_the_same_host_is_followed(standin: StandIn) -> None:
    """The service may move its paths about."""
    standin.moved_to = standin.url + "/api/chat"
    with pytest.raises(errors.ServiceFault, match="in a circle"):
        list(Client(CODE, standin.url).chat(ask("hello")))
    assert len(standin.asked) == 5


def test_the_code_shows_nowhere(
    standin: StandIn, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither a repr, nor a log line at any level, nor the output has it."""
    caplog.set_level(logging.DEBUG)
    client = Client(CODE, standin.url)
    reply = client.chat(ask("hello"))
    shown = repr(client) + repr(reply) + "".join(reply) + repr(client.account())
    assert CODE not in shown + caplog.text + "".join(capsys.readouterr())


def test_models(standin: StandIn) -> None:
    """The live list is read, and its models can then be asked for."""
    client = Client(CODE, standin.url)
    with pytest.raises(errors.InputRefused):
        client.chat(ask("hello"), "stand-in")
    models = client.models()
    assert models["stand-in"]["tokenLimit"] == 16_000
    assert standin.asked[-1]["body"] == {"key": ""}
    assert list(client.chat(ask("hello"), "stand-in"))


def test_search(standin: StandIn) -> None:
    """The form of 2025 has a field for it, the others have none."""
    fields = []
    for wire in WIRES:
        client = Client(CODE, at(standin, wire), wire=wire)
        for search in (False, True):
            list(client.chat(ask("hello"), search=search))
            fields.append(standin.asked[-1]["body"].get("search"))
    assert fields == [None, None, "false", "true", None, None]


def test_openai_asks_as_its_api_is_described(standin: StandIn) -> None:
    """Bearer, stream, roles as they are; no origin, no form of Liaobots, no old thoughts."""
    before = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "One?"},
        {"role": "assistant", "content": "<think>Hm.</think>\n\nTwo."},
    ]
    client = Client(CODE, at(standin, "openai"), wire="openai")
    assert list(client.chat([*before, *ask("hello")], "gpt-4"))
    asked = standin.asked[-1]
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
    standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then there is no header for it; an engine that wants one refuses."""
    monkeypatch.delenv("LIAOBOTS_AUTH", raising=False)
    client = Client(base_url=at(standin, "openai"), wire="openai")
    assert list(client.chat(ask("hello")))
    assert "authorization" not in standin.asked[-1]["headers"]
    assert client.models().keys() == {"gpt-3.5-turbo", "gpt-4", "stand-in"}
    assert client.account() == Account()
    with pytest.raises(errors.CodeRefused):
        list(Client("wrong", at(standin, "openai"), wire="openai").chat(ask("hello")))


def test_openai_is_found_below_v1(standin: StandIn) -> None:
    """Who leaves the usual /v1 out of an address without a path means it."""
    client = Client(CODE, standin.url, wire="openai")
    assert "stand-in" in client.models()
    assert list(client.chat(ask("hello")))
    paths = [asked["path"] for asked in standin.asked]
    assert paths == ["/models", "/v1/models", "/chat/completions", "/v1/chat/completions"]


def test_openai_needs_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent to Liaobots in a form that it does not speak."""
    monkeypatch.delenv("LIAOBOTS_URL", raising=False)
    with pytest.raises(errors.InputRefused, match="LIAOBOTS_URL"):
        list(Client(CODE, wire="openai").chat(ask("hello")))


def test_openai_lets_the_service_decide_on_names(standin: StandIn) -> None:
    """A name that is not in any list is asked for; the service says that it knows none such."""
    client = Client(CODE, at(standin, "openai"), wire="openai")
    with pytest.raises(errors.ServiceFault, match=r"no such model.*llama"):
        list(client.chat(ask("hello"), "llama"))
    assert standin.asked[-1]["body"]["model"] == "llama"


@pytest.mark.parametrize("wire", WIRES)
def test_the_list_is_the_same_in_each_form(standin: StandIn, wire: str) -> None:
    """Names, rooms in tokens, makers; what a form does not tell is None."""
    models = Client(CODE, at(standin, wire), wire=wire).models()
    assert list(models) == ["gpt-3.5-turbo", "gpt-4", "stand-in"]
    assert [facts["tokenLimit"] for facts in models.values()] == [4000, 8000, 16000]
    assert models["gpt-4"]["provider"] == "OpenAI"
    assert models["stand-in"]["provider"] == "Liaobots chat"
    assert models["gpt-4"]["maxLength"] == (None if wire == "openai" else 24_000)


def test_account(standin: StandIn) -> None:
    """Balance and amount are numbers, what else comes is kept, the code is not."""
    account = Client(CODE, standin.url).account()
    assert (account.balance, account.amount) == (12.5, 20)
    assert account.others == {"gpt4FreeRemain": 3}
    assert standin.asked[-1]["body"] == {"authcode": CODE}


def test_account_of_a_refused_code(standin: StandIn) -> None:
    """A refused code is the same kind everywhere."""
    with pytest.raises(errors.CodeRefused):
        Client("wrong", standin.url).account()


def test_proxies_and_netrc_stay_out_of_the_way(
    standin: StandIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A proxy is passed by on the way to this machine itself, and no password file is read."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret")
    monkeypatch.setenv("NETRC", str(netrc))
    assert list(Client(CODE, standin.url).chat(ask("hello")))
    assert "authorization" not in standin.asked[0]["headers"]


def test_closing_at_any_moment_is_an_end(standin: StandIn) -> None:
    """A reader whose reply is closed meanwhile sees the end, never another error."""
    standin.answer = lambda _: iter("x" * 400)
    for round_ in range(60):
        reply = Client(CODE, standin.url).chat(ask("hello"))
        threading.Timer(round_ / 10_000, reply.close).start()
        assert set(reply) <= {"x"}


def test_half_an_answer_does_not_pass_for_the_whole(slow_standin: StandIn) -> None:
    """Hung up on without streaming, there is no answer at all."""
    slow_standin.pace, slow_standin.answer = None, lambda _: iter("abcdefghij")
    reply = Client(CODE, slow_standin.url).chat(ask("fault: stall"), stream=False)
    threading.Timer(0.3, reply.close).start()
    assert list(reply) == []


def test_a_reply_that_is_dropped_hangs_up(slow_standin: StandIn) -> None:
    """Without waiting for a collection of garbage."""
    gc.disable()
    try:
        reply = Client(CODE, slow_standin.url).chat(ask("hello"))
        next(reply)
        del reply
        until = time.monotonic() + 2
        while not slow_standin.hung_up and time.monotonic() < until:
            time.sleep(0.01)
        assert slow_standin.hung_up
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (b"HTTP/1.1 401 No\r\nContent-Length: 99\r\n\r\nshort", errors.CodeRefused),
        (b"HTTP/1.1 429 No\r\nContent-Encoding: gzip\r\n\r\nbad", errors.TooFast),
        (b"HTTP/1.1 307 Go\r\nLocation: http://[\r\n\r\n", errors.ServiceFault),
        (b"HTTP/1.1 307 Go\r\nLocation: http://127.0.0.1:abc/\r\n\r\n", errors.ServiceFault),
        (b"HTTP/1.1 401 No\r\n\r\n" + b"[" * 100_000, errors.CodeRefused),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nHello", errors.AnswerCut),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nbad", errors.ServiceFault),
        (b"nonsense\r\n\r\n", errors.NoConnection),
        (b"", errors.NoConnection),
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
    with pytest.raises(errors.ServiceFault) as caught:
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
