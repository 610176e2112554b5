"""What the body of an answer is, whatever its content type says.

A body is an event stream, JSON objects (one, a list, or one a line), or raw text. The
bytes decide which. The content type decides only about what could be either, such as
JSON that a model has written itself.
"""

import codecs
import re
from collections.abc import Sequence
from enum import Enum, auto

from liaobots.client import error_mapping
from liaobots.client.error_detector import (
    MAX_HELD_CHARACTERS,
    STRUCTURED_TYPES,
    json_of,
    objects_in_list,
)

EVENT_STREAM = "text/event-stream"
LINE_END = re.compile(rb"\r\n|\n|\r")
# The fields of an event stream; llama.cpp adds `error`. A comment begins with a colon.
FIELD_NAMES = (b"data:", b"event:", b"id:", b"retry:", b"error:", b":")
DATA = b"data:"
DATA_LINE = re.compile(rb"(?:\A|[\r\n])data:")
# The names with which the objects of services begin, unlike most JSON that a model writes.
FIRST_NAME = re.compile(rb'[\[\s]*\{\s*"([^"]*)"')
SERVICE_NAMES = frozenset(
    b"choices code content created detail error id message model object status type".split()
)
CHOICES = re.compile(rb'"choices"\s*:\s*\[\s*\{')


class BodyKind(Enum):
    """The kinds of bodies."""

    EVENTS = auto()
    OBJECTS = auto()
    TEXT = auto()


def kind_of(content_type: str, head: bytes, *, is_end: bool) -> BodyKind | None:
    """Return the kind of a body that begins with `head`, or None if that is not clear yet.

    With `is_end`, `head` is the whole body.
    """
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if not start or codecs.BOM_UTF8.startswith(start):
        is_blank_text = not _is_short(head) and content_type not in STRUCTURED_TYPES
        return BodyKind.TEXT if is_end or is_blank_text else None
    if start[:1] == b"<":
        return BodyKind.TEXT
    if start[:1] in (b"{", b"["):
        if content_type in STRUCTURED_TYPES:
            return BodyKind.OBJECTS
        return _objects_or_text(start, is_end=is_end)
    if content_type == EVENT_STREAM:
        return BodyKind.EVENTS
    return _events_or_text(start, is_end=is_end)


def is_of_service(event: object) -> bool:
    """Return whether JSON is an error or an answer of OpenAI's API, and not a model's own."""
    if not isinstance(event, dict):
        return False
    choices = event.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    is_answer = isinstance(choice, dict) and any(
        isinstance(choice.get(name), dict) for name in ("delta", "message")
    )
    return is_answer or error_mapping.is_certain_error(event)


def _objects_or_text(start: bytes, *, is_end: bool) -> BodyKind | None:
    """Tell a service's objects from JSON that a model has written."""
    if (name := FIRST_NAME.match(start)) is None:
        may_come = any(FIRST_NAME.match(start + rest) for rest in (b'"', b'""', b'{""'))
        return None if may_come and not is_end and _is_short(start) else BodyKind.TEXT
    if name[1] not in SERVICE_NAMES:
        return BodyKind.TEXT
    if is_end:
        whole = _values(start)
        return BodyKind.OBJECTS if any(map(is_of_service, whole)) else BodyKind.TEXT
    line, *others = LINE_END.split(start, maxsplit=1)
    if others and is_of_service(json_of(line)):
        return BodyKind.OBJECTS
    if _is_short(start):
        return None
    return BodyKind.OBJECTS if CHOICES.search(start) else BodyKind.TEXT


def _is_short(start: bytes) -> bool:
    return len(start) <= MAX_HELD_CHARACTERS


def _values(data: bytes) -> Sequence[object]:
    """Return the objects of a list, of several lines, or the only one."""
    whole = json_of(data)
    lines = [json_of(line) for line in LINE_END.split(data)]
    return [whole, *lines, *objects_in_list(data)]


def _events_or_text(start: bytes, *, is_end: bool) -> BodyKind | None:
    """Tell an event stream from a text by its first line with data, which has to come soon."""
    *lines, last = LINE_END.split(start[:MAX_HELD_CHARACTERS])
    for line in [*lines, last] if is_end and _is_short(start) else lines:
        if line.startswith(DATA):
            return _kind_of_data(start, is_end=is_end)
        if line and not line.startswith(FIELD_NAMES):
            return BodyKind.TEXT
    if last.startswith(DATA):
        return _kind_of_data(start, is_end=is_end)
    may_be_field = last.startswith(FIELD_NAMES) or any(n.startswith(last) for n in FIELD_NAMES)
    return None if may_be_field and _is_short(start) and not is_end else BodyKind.TEXT


def _kind_of_data(start: bytes, *, is_end: bool) -> BodyKind | None:
    """Return the kind of a body by its first line with data."""
    found = DATA_LINE.search(start)
    data = start[found.end() if found else 0 :].lstrip(b" \t")
    if data and data[:1] not in (b"{", b"["):
        return BodyKind.TEXT
    end = LINE_END.search(data)
    if end is None and not is_end:
        return None
    return BodyKind.EVENTS if _is_event(data[: end.start() if end else None]) else BodyKind.TEXT


def _is_event(data: bytes) -> bool:
    event = json_of(data)
    if event is None:
        return data.strip() == b"[DONE]" or any(map(is_of_service, objects_in_list(data)))
    return isinstance(event.get("content"), str) or is_of_service(event)
