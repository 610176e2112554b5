"""The public contract, as other projects use it."""

import importlib
import inspect
import time

import pytest

import liaobots
from liaobots import _create_completion
from liaobots.demo.server import DemoServer, tour
from liaobots.errors import AuthCodeMissing, InvalidInput
from tests.support.app import ROOT
from tests.support.auth_code import CODE

QUESTION = [{"role": "user", "content": "Привет, как дела?"}]


def test_facts_of_the_contract() -> None:
    """The four facts and the dict of models have the types of the contract."""
    assert liaobots.url == "https://liaobots.work"
    assert {"gpt-3.5-turbo", "gpt-4"} <= set(liaobots.model)
    assert liaobots.supports_stream is True
    assert liaobots.needs_auth is True
    for name, facts in liaobots.models.items():
        assert facts["id"] == name
        assert facts["name"]
        assert isinstance(facts["maxLength"], int)
        assert isinstance(facts["tokenLimit"], int)


def test_models_stays_the_dict_once_everything_is_imported() -> None:
    """Importing every module does not replace a name of the contract."""
    for file in sorted((ROOT / "liaobots").rglob("*.py")):
        if file.name not in ("__init__.py", "page.py", "env.py"):
            name = ".".join(file.relative_to(ROOT).with_suffix("").parts)
            importlib.import_module(name)
    assert isinstance(liaobots.models, dict)
    assert isinstance(liaobots.model, list)
    assert isinstance(liaobots.url, str)


def test_the_example_of_the_contract(
    demo_server: DemoServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The example of the contract works unchanged."""
    monkeypatch.setenv("LIAOBOTS_URL", demo_server.url)
    for token in _create_completion(
        model="gpt-3.5-turbo",
        messages=[{"role": "user", "content": "Привет, как дела?"}],
        stream=True,
        auth="...",
    ):
        print(token)  # noqa: T201 -- the example prints
    assert "Привет, как дела?" in " ".join(capsys.readouterr().out.split())


def test_streaming(demo_server: DemoServer) -> None:
    """Streaming yields many pieces that make up the answer."""
    answer = _create_completion("gpt-4", QUESTION, True, auth=CODE, base_url=demo_server.url)
    pieces = list(answer)
    assert inspect.isgenerator(answer)
    assert len(pieces) > 10
    assert "".join(pieces) == "".join(tour("Привет, как дела?"))


def test_without_streaming(demo_server: DemoServer) -> None:
    """stream=False yields one piece."""
    pieces = list(_create_completion("gpt-4", QUESTION, False, auth=CODE, base_url=demo_server.url))
    assert pieces == ["".join(tour("Привет, как дела?"))]


def test_address_and_code_are_read_when_called(
    demo_server: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment is read at each call; arguments override it."""
    monkeypatch.setenv("LIAOBOTS_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("LIAOBOTS_AUTH", CODE)
    assert list(_create_completion("gpt-4", QUESTION, True, base_url=demo_server.url))
    monkeypatch.setenv("LIAOBOTS_URL", demo_server.url)
    assert list(_create_completion("gpt-4", QUESTION, True))
    assert {asked["headers"]["x-auth-code"] for asked in demo_server.asked} == {CODE}


@pytest.mark.parametrize("by", ["argument", "setting"])
def test_the_contract_holds_in_openais_form(
    demo_server: DemoServer, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    """The contract holds for OpenAI's form, streamed or not, set by argument or setting."""
    arguments = {"auth": CODE, "base_url": f"{demo_server.url}/v1"}
    if by == "setting":
        monkeypatch.setenv("LIAOBOTS_WIRE", "openai")
    else:
        arguments["wire"] = "openai"
    pieces = list(_create_completion("gpt-4", QUESTION, True, **arguments))
    assert len(pieces) > 10
    assert list(_create_completion("gpt-4", QUESTION, False, **arguments)) == ["".join(pieces)]
    assert demo_server.asked[-1]["headers"]["authorization"] == f"Bearer {CODE}"


def test_other_arguments_are_ignored(demo_server: DemoServer) -> None:
    """Callers may pass arguments for other providers."""
    assert list(
        _create_completion(
            "gpt-4", QUESTION, True, auth=CODE, base_url=demo_server.url, temperature=1, proxy=None
        )
    )


def test_closing_ends_the_call(slow_demo_server: DemoServer) -> None:
    """Closing the generator ends the call at the service within a second."""
    answer = _create_completion("gpt-4", QUESTION, True, auth=CODE, base_url=slow_demo_server.url)
    next(answer)
    closed = time.monotonic()
    answer.close()
    while not slow_demo_server.hung_up and time.monotonic() < closed + 5:
        time.sleep(0.01)
    assert slow_demo_server.hung_up[0] - closed < 1


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"model": "gpt-4-tubro"}, InvalidInput, "gpt-3.5-turbo"),
        ({"model": ""}, InvalidInput, "gpt-4"),
        ({"messages": []}, InvalidInput, "nothing to send"),
        ({"messages": "hello"}, InvalidInput, "list"),
        ({"messages": [*QUESTION, {"role": "user"}]}, InvalidInput, "Message 2"),
        ({"messages": [{"role": "robot", "content": "x"}]}, InvalidInput, "role"),
        ({"messages": [{"role": "user", "content": None}]}, InvalidInput, "text"),
        ({"messages": [{"role": "user", "content": " "}]}, InvalidInput, "empty"),
        ({"messages": ["hello"]}, InvalidInput, "dict"),
        ({"messages": [{"role": "system", "content": "x"}]}, InvalidInput, "no question"),
        ({"auth": ""}, AuthCodeMissing, "auth code"),
        ({"auth": "a b"}, AuthCodeMissing, "cannot be sent"),
        ({"auth": "a\nb"}, AuthCodeMissing, "cannot be sent"),
        ({"auth": "код"}, AuthCodeMissing, "cannot be sent"),
        ({"base_url": "ftp://example.org"}, InvalidInput, "LIAOBOTS_URL"),
        ({"base_url": "http://name:word@example.org"}, InvalidInput, "LIAOBOTS_URL"),
        ({"timeout": -1}, InvalidInput, "LIAOBOTS_TIMEOUT"),
    ],
)
def test_invalid_input_is_not_sent(
    demo_server: DemoServer, arguments: dict[str, object], error: type[Exception], message: str
) -> None:
    """The error says what is wrong, and the service receives nothing."""
    usual: dict[str, object] = {
        "model": "gpt-4",
        "messages": QUESTION,
        "auth": CODE,
        "base_url": demo_server.url,
    }
    with pytest.raises(error, match=message):
        list(_create_completion(stream=True, **(usual | arguments)))  # type: ignore[arg-type]
    assert not demo_server.asked
