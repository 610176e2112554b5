"""What is known of the models: the contract's own, and how to read the live list."""

import math
from difflib import get_close_matches
from typing import Any, NotRequired, TypedDict

from liaobots.client.secret_finder import finder
from liaobots.errors import InvalidInput, ServiceError


class Price(TypedDict):
    """What a million tokens cost, in the service's own currency."""

    prompt: float
    completion: float


class ModelInfo(TypedDict):
    """What is known of one model.

    `maxLength` is in characters and `tokenLimit` in tokens; None where the
    service does not say. `provider` is the maker's name, as the wire of 2025
    wants it. `price` is there where the service tells it.
    """

    id: str
    name: str
    maxLength: int | None
    tokenLimit: int | None
    provider: str
    price: NotRequired[Price]


# What a question may have where nothing is known of the model, in characters.
ROOM = 100_000
# A list has at most so many models, of which each is named in so many characters, and has room
# for at most so many tokens; what is more is a mistake, and no page could show it.
MOST, LONGEST, LARGEST = 2_000, 200, 10**9
# A shorter code, as engines on one's own machine take, may be a word in a model's name.
TELLING = 12
# Where those who speak OpenAI's API say how much a model keeps in mind: Liaobots, vLLM,
# OpenRouter, Groq and LiteLLM; llama.cpp says it in `meta`.
TOKENS = ("tokenLimit", "max_model_len", "context_length", "context_window", "max_input_tokens")
META_TOKENS = ("n_ctx", "n_ctx_train")
# What engines say where they know no maker.
NOBODY = ("library", "system", "vllm", "llamacpp", "me", "local", "organization-owner")
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
    """Gives the facts of `model`.

    Raises InputRefused, with the nearest names, for a name not in `models`.
    """
    if isinstance(model, str) and model in models:
        return models[model]
    near = get_close_matches(str(model), models, n=3, cutoff=0.4) or sorted(models)[:3]
    raise InvalidInput(
        f"There is no model called “{str(model)[:80]}”. The nearest are: {', '.join(near)}."
    )


def placeholder_model(model: str) -> ModelInfo:
    """Gives the facts of a model of which nothing but its name is known."""
    return {
        "id": model,
        "name": model,
        "maxLength": None,
        "tokenLimit": None,
        "provider": maker_of(model),
    }


def max_characters(facts: ModelInfo) -> int:
    """Gives how many characters a model takes, at the most.

    Where the service names tokens alone, three characters are counted for one:
    English has about four to a token, Russian and code about three. Where it
    names nothing, ROOM.
    """
    tokens = facts["tokenLimit"]
    return facts["maxLength"] or (tokens * 3 if tokens else ROOM)


def parse_model_list(payload: object, secret: str = "") -> dict[str, ModelInfo]:
    """Gives the models of a live list by id, in the service's order.

    A list as Liaobots gives it, or within `data` as in OpenAI's API. Entries
    without an id that can be shown, or with `secret` in their words, are passed
    over. Raises ServiceFault where the payload is no such list.
    """
    inner = payload.get("data") if isinstance(payload, dict) else payload
    entries = inner[:MOST] if isinstance(inner, list) else []
    is_secret = finder(secret if len(secret) >= TELLING else "")
    read = [facts for facts in map(_read_entry, entries) if facts]
    found = {
        facts["id"]: facts
        for facts in read
        if not any(map(is_secret, (facts["id"], facts["name"], facts["provider"])))
    }
    if not found:
        raise ServiceError(
            "The service's list of models could not be read. The built-in names still work."
        )
    return found


def _read_entry(entry: object) -> ModelInfo | None:
    if not isinstance(entry, dict) or not _is_name(entry.get("id")):
        return None
    facts = placeholder_model(entry["id"])
    facts["name"] = _text(entry.get("name")) or facts["id"]
    facts["provider"] = _text(entry.get("provider")) or facts["provider"] or _owner_of(entry)
    facts["maxLength"] = _count(entry.get("maxLength"))
    facts["tokenLimit"] = _tokens(entry)
    if price := _price(entry.get("pricing")):
        facts["price"] = price
    return facts


def _tokens(entry: dict[str, Any]) -> int | None:
    meta = entry.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    said = [*(entry.get(name) for name in TOKENS), *(meta.get(name) for name in META_TOKENS)]
    return next(filter(None, map(_count, said)), None)


def _owner_of(entry: dict[str, Any]) -> str:
    """Gives who owns a model in OpenAI's API, unless that is only whoever serves it."""
    owner = _text(entry.get("owned_by"))
    if owner in NOBODY:
        return ""
    return "OpenAI" if owner.casefold() == "openai" else owner


def _price(said: object) -> Price | None:
    """Reads a price for each token, as OpenRouter tells it: decimal digits, in dollars."""
    if not isinstance(said, dict):
        return None
    try:
        prompt, completion = (float(said[name]) * 1e6 for name in ("prompt", "completion"))
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    known = all(0 <= each < math.inf for each in (prompt, completion))
    return {"prompt": prompt, "completion": completion} if known else None


def _is_name(value: object) -> bool:
    """Says whether an id, which goes back to the service as it came, can be shown as well."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST and value.isprintable()


def _text(value: Any) -> str:
    """Gives a text in one line of characters that can be shown, or ""."""
    text = value[:LONGEST] if isinstance(value, str) else ""
    return " ".join("".join(c for c in text if c.isprintable() or c.isspace()).split())


def _count(value: Any) -> int | None:
    """Gives a positive whole number, also from its decimal digits."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = int(value)
    except (ValueError, OverflowError):
        return None
    return number if 0 < number <= LARGEST else None


def maker_of(model: str) -> str:
    """Gives the maker that a model's name suggests, or ""."""
    # Gateways write the maker's own name before a model's, as in openai/gpt-4.
    name = model.lower().rpartition("/")[2]
    starts = (maker for start, maker in MAKERS.items() if name.startswith(start))
    return next(starts, "")
