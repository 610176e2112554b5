"""The public contract: four facts, a dict of models and one generator."""

from collections.abc import Generator
from typing import Any

from liaobots.client import catalog
from liaobots.client.catalog import ModelInfo
from liaobots.client.client import Client
from liaobots.client.dialects import DEFAULT
from liaobots.client.messages import Messages

url: str = DEFAULT.default_url
models: dict[str, ModelInfo] = catalog.BUILT_IN
model: list[str] = list(models)
supports_stream = True
needs_auth = True


def _create_completion(
    model: str, messages: Messages, stream: bool, **kwargs: Any
) -> Generator[str, None, None]:
    """Yield the answer in text pieces as they arrive, or as one piece if not `stream`.

    `auth=` is the code. Optional are `base_url=`, `timeout=` (seconds without a
    byte), `wire=` (the form of the protocol), `models=` (the known models by name),
    `conversation_id=` and `search=` (search the web); other names are ignored.
    Closing the generator ends the call. Raise the errors of `liaobots.errors`;
    for invalid input, before anything is sent.
    """
    client = Client(
        kwargs.get("auth"),
        kwargs.get("base_url"),
        timeout=kwargs.get("timeout"),
        wire=kwargs.get("wire"),
        models=kwargs.get("models") or models,
    )
    with client.chat(
        messages,
        model,
        stream=stream,
        conversation_id=kwargs.get("conversation_id"),
        search=bool(kwargs.get("search")),
    ) as reply:
        yield from reply
