"""What is known of the models: the built-in ones, and the service's list."""

import math
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, NotRequired, TypedDict

from liaobots.client.secret_finder import finder
from liaobots.errors import InvalidInput, ServiceError


class Price(TypedDict):
    """The price of a million tokens, in the service's currency."""

    prompt: float
    completion: float


class ModelInfo(TypedDict):
    """What is known of one model.

    `maxLength` is in characters and `tokenLimit` in tokens; None if the service
    does not say. `provider` is the maker's name, as the protocol of 2025 requires
    it. `price` is present if the service states it.
    """

    id: str
    name: str
    maxLength: int | None
    tokenLimit: int | None
    provider: str
    price: NotRequired[Price]


# The characters that a question may have if nothing is known of the model: about 25,000 tokens
# of English.
ROOM = 100_000
# A longer list or name, or a larger context window, is a mistake, and no page could show it.
MAX_MODELS = 2_000
MAX_NAME_CHARACTERS = 200
MAX_TOKENS = 10**9
# A shorter code, as local servers accept it, may be a word in a model's name.
MIN_SECRET_CHARACTERS = 12
# The fields for the context window, in the lists of Liaobots, vLLM, OpenRouter, Groq and LiteLLM;
# llama.cpp has them in `meta`.
TOKEN_FIELDS = (
    "tokenLimit",
    "max_model_len",
    "context_length",
    "context_window",
    "max_input_tokens",
)
META_TOKEN_FIELDS = ("n_ctx", "n_ctx_train")
# What servers write into `owned_by` if they do not know the maker.
SERVER_OWNERS = ("library", "system", "vllm", "llamacpp", "me", "local", "organization-owner")
MAKERS = {
    "claude": "Anthropic",
    "deepseek": "DeepSeek",
    "gemini": "Google",
    "gpt": "OpenAI",
    "grok": "xAI",
    "o1": "OpenAI",
    "o3": "OpenAI",
    "o4": "OpenAI",
    "chatgpt": "OpenAI",
    "qwen": "Alibaba",
    "qwq": "Alibaba",
    "llama": "Meta",
    "meta-llama": "Meta",
    "mistral": "Mistral",
    "mixtral": "Mistral",
    "phi": "Microsoft",
    "gemma": "Google",
    "kimi": "Moonshot",
    "glm": "Zhipu",
}

BUILT_IN: dict[str, ModelInfo] = {
    "gpt-3.5-turbo": {
        "id": "gpt-3.5-turbo",
        "name": "GPT-3.5 Turbo",
        "maxLength": 12_000,
        "tokenLimit": 4_000,
        "provider": "OpenAI",
    },
    "gpt-4": {
        "id": "gpt-4",
        "name": "GPT-4",
        "maxLength": 24_000,
        "tokenLimit": 8_000,
        "provider": "OpenAI",
    },
}


def get_model(model: str, models: dict[str, ModelInfo]) -> ModelInfo:
    """Return what is known of `model`.

    Raise `InvalidInput`, which names the nearest names, if it is not in `models`.
    """
    if isinstance(model, str) and model in models:
        return models[model]
    near = get_close_matches(str(model), models, n=3, cutoff=0.4) or sorted(models)[:3]
    raise InvalidInput(
        "There is no model called “{name}”. The nearest are: {near}.",
        name=str(model)[:80],
        near=", ".join(near),
    )


def placeholder_model(model: str) -> ModelInfo:
    """Return the info of a model of which only the name is known."""
    return {
        "id": model,
        "name": model,
        "maxLength": None,
        "tokenLimit": None,
        "provider": maker_of(model),
    }


def max_characters(info: ModelInfo) -> int:
    """Return the most characters that a model takes.

    If the service states only tokens, a token counts as three characters:
    English has about four per token, Russian and code about three. If it states
    neither, return `ROOM`.
    """
    tokens = info["tokenLimit"]
    return info["maxLength"] or (tokens * 3 if tokens else ROOM)


def parse_model_list(payload: object, secret: str = "") -> dict[str, ModelInfo]:
    """Return the models of the service's list by id, in the service's order.

    The list may be the payload itself, as at Liaobots, or be in its `data`, as in
    OpenAI's API, or in `models`; its entries may be names alone, or stand by their names.
    Entries without a printable id, or with `secret` in a text, are
    left out. Raise `ServiceError` if no entry remains.
    """
    entries = _entries_of(payload)[:MAX_MODELS]
    is_secret = finder(secret if len(secret) >= MIN_SECRET_CHARACTERS else "")
    read = [info for info in map(_read_entry, entries) if info]
    found = {
        info["id"]: info
        for info in read
        if not any(map(is_secret, (info["id"], info["name"], info["provider"])))
    }
    if not found:
        raise ServiceError(
            "The service's list of models could not be read. The built-in names still work."
        )
    return found


def _entries_of(payload: object) -> Sequence[object]:
    if isinstance(payload, dict):
        inner = (payload.get(name) for name in ("data", "models"))
        payload = next((each for each in inner if isinstance(each, list | dict)), payload)
    if isinstance(payload, dict):
        named = {name: each for name, each in payload.items() if isinstance(each, dict)}
        # An error is an object by its name as well.
        return [] if "error" in named else [{"id": name, **each} for name, each in named.items()]
    entries = payload if isinstance(payload, list) else []
    are_names = all(isinstance(each, str) for each in entries)
    return [{"id": each} for each in entries] if are_names else entries


def _read_entry(entry: object) -> ModelInfo | None:
    if not isinstance(entry, dict) or not _is_name(entry.get("id")):
        return None
    info = placeholder_model(entry["id"])
    info["name"] = _text(entry.get("name")) or info["id"]
    info["provider"] = _text(entry.get("provider")) or info["provider"] or _owner_of(entry)
    info["maxLength"] = _count(entry.get("maxLength"))
    info["tokenLimit"] = _tokens(entry)
    if price := _price(entry.get("pricing")):
        info["price"] = price
    return info


def _tokens(entry: dict[str, Any]) -> int | None:
    meta = entry.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    values = [
        *(entry.get(name) for name in TOKEN_FIELDS),
        *(meta.get(name) for name in META_TOKEN_FIELDS),
    ]
    return next(filter(None, map(_count, values)), None)


def _owner_of(entry: dict[str, Any]) -> str:
    """Return the owner of a model in OpenAI's API, or "" if that is only the server."""
    owner = _text(entry.get("owned_by"))
    if owner in SERVER_OWNERS:
        return ""
    return "OpenAI" if owner.casefold() == "openai" else owner


def _price(pricing: object) -> Price | None:
    """Return the price from OpenRouter's `pricing`: dollars per token, in decimal digits."""
    if not isinstance(pricing, dict):
        return None
    try:
        prompt, completion = (float(pricing[name]) * 1e6 for name in ("prompt", "completion"))
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    is_valid = all(0 <= each < math.inf for each in (prompt, completion))
    return {"prompt": prompt, "completion": completion} if is_valid else None


def _is_name(value: object) -> bool:
    """Return whether an id can be shown: it is sent back unchanged, so it cannot be cleaned."""
    return isinstance(value, str) and 0 < len(value) <= MAX_NAME_CHARACTERS and value.isprintable()


def _text(value: Any) -> str:
    """Return a text as one line of printable characters, or "" if it is no text."""
    text = value[:MAX_NAME_CHARACTERS] if isinstance(value, str) else ""
    return " ".join("".join(c for c in text if c.isprintable() or c.isspace()).split())


def _count(value: Any) -> int | None:
    """Return a positive whole number, also from its decimal digits, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = int(value)
    except (ValueError, OverflowError):
        return None
    return number if 0 < number <= MAX_TOKENS else None


def maker_of(model: str) -> str:
    """Return the maker that a model's name suggests, or ""."""
    # Gateways write the maker before the model, as in openai/gpt-4.
    name = model.lower().rpartition("/")[2]
    starts = (maker for start, maker in MAKERS.items() if name.startswith(start))
    return next(starts, "")
