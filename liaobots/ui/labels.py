"""Labels that several parts of the page share: of files, models, amounts and lengths."""

from liaobots.client.catalog import ModelInfo
from liaobots.locale import Sentence, _, counted, number
from liaobots.storage.records import ModelSpeed


def characters(count: int) -> Sentence:
    """Return a number of characters with its noun."""
    return Sentence.counted("{count} character", "{count} characters", count)


def tokens(count: int) -> Sentence:
    """Return an estimated number of tokens with its noun."""
    return Sentence.counted("about {count} token", "about {count} tokens", count)


def file_label(name: str, length: int) -> str:
    """Return a file's name with its length in characters."""
    return f"{name} · {characters(length).worded()}"


def model_label(
    name: str,
    context_tokens: int | None,
    maker: str,
    speed: ModelSpeed | None,
    *,
    is_favourite: bool,
) -> str:
    """Return a model's name with its context size, maker and waiting time, as far as known."""
    parts = [f"★ {name}" if is_favourite else name, tokens_short(context_tokens), maker]
    if speed and speed.wait is not None:
        parts.append(_("{seconds} s", seconds=number(speed.wait, 1)))
    return " · ".join(filter(None, parts))


def tokens_short(count: int | None) -> str:
    """Return a number of tokens in few characters, such as 128K, or "" if it is not known."""
    if not count:
        return ""
    return f"{round(count / 1000)}K" if count >= 1000 else str(count)


def model_facts(facts: ModelInfo, speed: ModelSpeed | None) -> str:
    """Return what is known of a model: its id, context window, price and speed."""
    price = facts.get("price")
    parts = [facts["id"]]
    if facts["tokenLimit"]:
        parts.append(counted("{count} token", "{count} tokens", facts["tokenLimit"]))
    if facts["maxLength"]:
        parts.append(characters(facts["maxLength"]).worded())
    if price:
        parts.append(
            _(
                "{prompt} in and {completion} out per million tokens",
                prompt=number(price["prompt"], 2),
                completion=number(price["completion"], 2),
            )
        )
    return " · ".join([*parts, *(_speed_facts(speed) if speed else [])])


def amount(value: float) -> str:
    """Return an amount in the service's own unit.

    It has two digits after the point, or four below 1, and none if they are all zero.
    """
    rounded = round(value, 2 if abs(value) >= 1 else 4)
    if rounded == int(rounded):
        return number(rounded)
    return number(
        rounded, next(digits for digits in (2, 3, 4) if rounded == round(rounded, digits))
    )


def _speed_facts(speed: ModelSpeed) -> list[str]:
    """Return the figures of a model's speed: its wait, its rate and its failures."""
    parts = []
    if speed.wait is not None:
        parts.append(_("first text after {seconds} s", seconds=number(speed.wait, 1)))
    if speed.rate is not None:
        parts.append(
            counted(
                "{count} character per second", "{count} characters per second", round(speed.rate)
            )
        )
    failed = round(100 * speed.failures)
    return [*parts, _("{percent} % of {count} failed", percent=failed, count=speed.count)]
