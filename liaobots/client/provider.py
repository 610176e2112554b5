"""The contract that the field knows: four facts, a dict of models and one generator."""

from collections.abc import Generator
from typing import Any

from liaobots.client import catalog, settings
from liaobots.client.catalog import ModelInfo
from liaobots.client.client import Client
from liaobots.client.request_builder import Messages

url: str = settings.URL
models: dict[str, ModelInfo] = catalog.BUILT_IN
model: list[str] = list(models)
supports_stream = True
needs_auth = True


def _create_completion(
    model: str, messages: Messages, stream: bool, **kwargs: Any
) -> Generator[str, None, None]:
    """Gives the answer in text pieces as they arrive, or whole where not `stream`.

    `auth=` is the code; `base_url=`, `timeout=` (seconds without a byte), `wire=`
    (the form in which to ask), `models=` (more facts by name), `conversation_id=`
    and `search=` (let the service search the web) may be given too; other names
    are passed over. Closing the generator hangs up on the service.
    Raises LiaobotsError in the kinds of `liaobots.errors`, before anything is
    sent where the input cannot be used.
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
