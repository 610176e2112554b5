"""The requests in Liaobots' dialects, and a dialect that is added."""

from typing import Any

import pytest

from liaobots.client.catalog import BUILT_IN, ModelInfo
from liaobots.client.client import Client
from liaobots.client.dialects import DIALECTS
from liaobots.client.dialects.base import Question, Service
from liaobots.demo.server import DemoServer
from tests.support.auth_code import CODE

MESSAGES = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Hello", "name": "a field of somebody else"},
]


def body_of(dialect: str, model: ModelInfo, conversation: str = "") -> Any:
    question = Question(MESSAGES, model, conversation)
    return DIALECTS[dialect].answer_request(Service("https://example.org", CODE), question).body


def test_2025() -> None:
    """In the dialect of 2025, the model is sent as id and maker, in a list."""
    body = body_of("2025", BUILT_IN["gpt-4"], "a-b-c")
    assert body == {
        "conversationId": "a-b-c",
        "models": [{"modelId": "gpt-4", "provider": "OpenAI"}],
        "search": "false",
        "prompt_id": "",
        "messages": [{"role": "user", "content": "Hello"}],
        "key": "",
        "prompt": "Be brief.",
    }


def test_2023() -> None:
    """In the dialect of 2023, the model is sent with its four facts."""
    body = body_of("2023", BUILT_IN["gpt-4"], "a-b-c")
    assert body == {
        "conversationId": "a-b-c",
        "model": {"id": "gpt-4", "name": "GPT-4", "maxLength": 24000, "tokenLimit": 8000},
        "messages": [{"role": "user", "content": "Hello"}],
        "key": "",
        "prompt": "Be brief.",
    }


def test_models_without_a_maker() -> None:
    """A missing maker is guessed from the model's name."""
    info: Any = {"id": "claude-x", "name": "C", "maxLength": 1, "tokenLimit": 1}
    body = body_of("2025", info)
    assert body["models"] == [{"modelId": "claude-x", "provider": "Anthropic"}]


def test_each_question_has_an_id_of_its_own() -> None:
    """Without a conversation id, each question gets a new one."""
    asked = [body_of("2025", BUILT_IN["gpt-4"]) for _ in range(2)]
    assert asked[0]["conversationId"] != asked[1]["conversationId"]


@pytest.mark.parametrize(("name", "key"), [("", "models"), ("2025", "models"), ("2023", "model")])
def test_the_setting_chooses_the_dialect(
    demo_server: DemoServer, monkeypatch: pytest.MonkeyPatch, name: str, key: str
) -> None:
    """LIAOBOTS_WIRE selects the dialect, with 2025 as the default, and its headers."""
    monkeypatch.setenv("LIAOBOTS_WIRE", name)
    list(Client(CODE, demo_server.url).chat(MESSAGES))
    asked = demo_server.asked[0]
    assert key in asked["body"]
    assert asked["path"] == "/api/chat"
    assert asked["headers"]["x-auth-code"] == CODE
    assert asked["headers"]["content-type"] == "application/json"
    assert asked["headers"]["origin"] == demo_server.url
    assert "Mozilla" not in asked["headers"]["user-agent"]
