"""What is known of the models: the contract's own, and how to read the live list."""

from difflib import get_close_matches
from typing import Any, TypedDict

from liaobots.errors import InputRefused, ServiceFault


class Facts(TypedDict):
    """What is known of one model.

    `maxLength` is in characters and `tokenLimit` in tokens; None where the
    service does not say. `provider` is the maker's name, as the wire of 2025
    wants it.
    """

    id: str
    name: str
    maxLength: int | None
    tokenLimit: int | None
    provider: str


# What a question may have where nothing is known of the model, in characters.
ROOM = 100_000
MAKERS = {
    "claude": "Anthropic",
    "deepseek": "DeepSeek",
    "gemini": "Google",
    "gpt": "OpenAI",
    "grok": "xAI",
    "o1": "OpenAI",
    "o3": "OpenAI",
    "o4": "OpenAI",
}

BUILT_IN: dict[str, Facts] = {
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


def facts_of(model: str, models: dict[str, Facts]) -> Facts:
    """Gives the facts of `model`.

    Raises InputRefused, with the nearest names, for a name not in `models`.
    """
    if isinstance(model, str) and model in models:
        return models[model]
    near = get_close_matches(str(model), models, n=3, cutoff=0.4) or sorted(models)[:3]
    raise InputRefused(
        f"There is no model called “{str(model)[:80]}”. The nearest are: {', '.join(near)}."
    )


def room_of(facts: Facts) -> int:
    """Gives how many characters a model takes, at the most.

    Where the service names tokens alone, three characters are counted for one:
    English has about four to a token, Russian and code about three. Where it
    names nothing, ROOM.
    """
    tokens = facts["tokenLimit"]
    return facts["maxLength"] or (tokens * 3 if tokens else ROOM)


def read_list(payload: object) -> dict[str, Facts]:
    """Gives the models of a live list by id, in the service's order.

    Entries without an id are passed over. Raises ServiceFault where the
    payload is no such list.
    """
    entries = payload if isinstance(payload, list) else []
    found = {facts["id"]: facts for facts in map(_read_entry, entries) if facts}
    if not found:
        raise ServiceFault(
            "The service's list of models could not be read. The built-in names still work."
        )
    return found


def _read_entry(entry: object) -> Facts | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str) or not entry["id"]:
        return None
    return {
        "id": entry["id"],
        "name": _text(entry.get("name")) or entry["id"],
        "maxLength": _count(entry.get("maxLength")),
        "tokenLimit": _count(entry.get("tokenLimit")),
        "provider": _text(entry.get("provider")) or maker_of(entry["id"]),
    }


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _count(value: Any) -> int | None:
    """Gives a positive whole number, also from its decimal digits."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = int(value)
    except (ValueError, OverflowError):
        return None
    return number if number > 0 else None


def maker_of(model: str) -> str:
    """Gives the maker that a model's name suggests, or ""."""
    starts = (maker for start, maker in MAKERS.items() if model.lower().startswith(start))
    return next(starts, "")
