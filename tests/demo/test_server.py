"""The demo service by plain requests, so that client and server cannot share a mistake."""

import subprocess
import sys

import pytest
import requests

from liaobots.demo.server import FAULTS, SHAPES, DemoServer, tour
from tests.support.app import ROOT

QUESTION = [{"role": "user", "content": "Hello"}]
CODE_HEADER = {"x-auth-code": "somebody"}


def test_form_of_2023(demo_server: DemoServer) -> None:
    """A question with `model` is answered with raw text."""
    body = {"model": {"id": "gpt-4"}, "messages": QUESTION}
    answer = requests.post(f"{demo_server.url}/api/chat", json=body, headers=CODE_HEADER, timeout=5)
    assert answer.headers["content-type"] == "text/plain"
    assert answer.content.decode() == "".join(tour("Hello"))


def test_form_of_2025(demo_server: DemoServer) -> None:
    """A question with `models` is answered with an event stream."""
    body = {"models": [{"modelId": "gpt-4"}], "messages": QUESTION}
    answer = requests.post(f"{demo_server.url}/api/chat", json=body, headers=CODE_HEADER, timeout=5)
    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.content.startswith(b'data: {"role": "assistant", "content": ">"}\n\n')


def test_account_and_models(demo_server: DemoServer) -> None:
    """Requests for the account and the models are answered."""
    account = requests.post(f"{demo_server.url}/api/user", json={"authcode": "x"}, timeout=5)
    assert account.json()["balance"] == 12.5
    models = requests.post(f"{demo_server.url}/api/models", json={"key": ""}, timeout=5)
    assert {"gpt-4", "gpt-3.5-turbo"} <= {model["id"] for model in models.json()}


def test_without_a_code(demo_server: DemoServer) -> None:
    """A question without a code gets status 401."""
    body = {"messages": QUESTION}
    assert requests.post(f"{demo_server.url}/api/chat", json=body, timeout=5).status_code == 401


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Hi", "built-in stand-in"),
        ("Привет", "встроенный"),
        ("你好", "替身"),
        ("Tour in Russian", "встроенный"),
        ("Tour in Chinese", "替身"),
    ],
)
def test_the_tour(question: str, words: str) -> None:
    """The tour quotes the question, introduces itself, shows Markdown, in three languages."""
    text = "".join(tour(question))
    assert text.startswith(f"> {question}\n")
    assert words in text
    for mark in ("\n## ", "\n1. ", "\n|---|", "```python", "```sh", "$$", "```mermaid"):
        assert mark in text


def test_the_quote_of_a_long_question() -> None:
    """The quote of a long question is cut, and each of its lines is marked."""
    text = "".join(tour("one\ntwo\n" + "x" * 1000))
    assert text.startswith("> one\n> two\n> xxx")
    assert len(text.splitlines()[2]) < 310


def test_every_mode_is_explained() -> None:
    """Each fault and each shape has an explanation."""
    assert all((FAULTS | SHAPES).values())


def test_as_a_program() -> None:
    """`python -m liaobots.demo.server` prints its address."""
    command = [sys.executable, "-u", "-m", "liaobots.demo.server", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        line = process.stdout.readline()
        url = line.rpartition("=")[2].strip()
        assert requests.post(f"{url}/api/models", json={}, timeout=5).ok
        process.terminate()


BEARER_HEADER = {"authorization": "Bearer somebody"}


def test_openai_answers(demo_server: DemoServer) -> None:
    """Answers of OpenAI's API are streamed on request, else one document, and take parts."""
    parts = [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}]
    address = f"{demo_server.url}/v1/chat/completions"
    body = {"model": "gpt-4", "messages": parts}
    whole = requests.post(address, json=body, headers=BEARER_HEADER, timeout=5).json()
    assert whole["object"] == "chat.completion"
    assert whole["choices"][0]["message"]["content"] == "".join(tour("Hello"))
    assert whole["choices"][0]["finish_reason"] == "stop"
    answer = requests.post(address, json=body | {"stream": True}, headers=BEARER_HEADER, timeout=5)
    assert answer.headers["content-type"] == "text/event-stream"
    assert b'"delta": {"role": "assistant", "content": ""}' in answer.content.split(b"\n\n")[0]
    assert answer.content.endswith(b"data: [DONE]\n\n")


def test_openai_models_and_errors(demo_server: DemoServer) -> None:
    """OpenAI's lists have `data`, its errors a message, a type and a code."""
    listed = requests.get(f"{demo_server.url}/v1/models", headers=BEARER_HEADER, timeout=5).json()
    assert "gpt-4" in [model["id"] for model in listed["data"]]
    body = {"model": "nobody", "messages": QUESTION}
    address = f"{demo_server.url}/v1/chat/completions"
    unknown = requests.post(address, json=body, headers=BEARER_HEADER, timeout=5)
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "model_not_found")
    wrong = {"authorization": "Bearer wrong"}
    refused = requests.get(f"{demo_server.url}/v1/models", headers=wrong, timeout=5)
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "invalid_api_key")
