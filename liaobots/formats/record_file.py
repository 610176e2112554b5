"""What was read from a file, as lines of JSON in another: a chat's head, its messages, the next.

A process of its own reads a file and writes the records; the server reads them
with little memory, one chat at a time. A message's text stands behind its line
as it is, for JSON would hold it in memory several times.
"""

import gc
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from io import RawIOBase
from pathlib import Path
from typing import Any, BinaryIO

from liaobots.errors import InvalidInput
from liaobots.formats.detect import read
from liaobots.storage.bundle import Chat, ExportedMessage, Prompt
from liaobots.storage.records import MessageState

# A person who asks all day for ten years has written less.
MOST_CHATS, MOST_TURNS = 100_000, 1_000_000
MOST_PROMPTS, PROMPT_CHARACTERS = 1_000, 8_000_000
PIECE_CHARACTERS = 250_000
# The last line names the totals, and is shorter.
TOTALS_BYTES = 200
# Halves of characters are kept: the database decides about them.
HALVES = "surrogatepass"
DEFAULTS = {field.name: field.default for field in fields(ExportedMessage)}


@dataclass(frozen=True)
class Totals:
    """How much a file holds."""

    chats: int = 0
    turns: int = 0
    prompts: int = 0
    # Where the prompts begin in the file, in bytes.
    prompts_at: int = 0


def convert(source: Path, result: Path, options: Mapping[str, int]) -> None:
    """Read the file `source`, and write its records to `result`.

    Raise `InvalidInput` if it is broken. This is run in a process of its own.
    """
    del options
    # What is read has no circles, and looking for them takes most of the time.
    gc.disable()
    with source.open("rb") as file, result.open("wb") as lines:
        writer = _Writer(lines)
        with _share_file(result).open("wb", buffering=0) as share:
            read(file, writer, _ShareNote(share).note)
        writer.finish()


def share_read(result: Path) -> float:
    """Return how much of a file has been read by now, from 0 to 1."""
    try:
        return float(_share_file(result).read_bytes() or 0)
    except (OSError, ValueError):
        return 0.0


def remove(result: Path) -> None:
    """Remove a file of records, and what lies beside it."""
    result.unlink(missing_ok=True)
    _share_file(result).unlink(missing_ok=True)


def totals(result: Path) -> Totals:
    """Return how much a file of records holds."""
    with result.open("rb") as lines:
        lines.seek(-min(TOTALS_BYTES, lines.seek(0, 2)), 2)
        return Totals(**json.loads(lines.read().splitlines()[-1])["totals"])


def chats(result: Path) -> Iterator[Chat]:
    """Yield the chats of a file of records, one at a time."""
    with result.open("rb") as lines:
        while "chat" in (record := _next(lines)):
            turns = [_read_turn(lines) for _ in range(record["turns"])]
            yield Chat(turns=turns, **record["chat"])


def prompts(result: Path) -> Iterator[Prompt]:
    """Yield the prompts of a file of records."""
    with result.open("rb") as lines:
        lines.seek(totals(result).prompts_at)
        while "prompt" in (record := _next(lines)):
            yield Prompt(**record["prompt"])


def _share_file(result: Path) -> Path:
    return result.with_name(result.name + ".share")


def _next(lines: BinaryIO) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(lines.readline().decode("utf-8", HALVES))
    return record


def _read_turn(lines: BinaryIO) -> ExportedMessage:
    record = _next(lines)
    text = lines.read(record["text_bytes"]).decode("utf-8", HALVES)
    lines.readline()
    values = record["turn"]
    state = {"state": MessageState(values["state"])} if "state" in values else {}
    return ExportedMessage(**{**values, **state, "text": text})


class _ShareNote:
    """Writes down how much has been read, each hundredth once."""

    def __init__(self, file: RawIOBase) -> None:
        self._file = file
        self._noted = 0.0

    def note(self, share: float) -> None:
        if share >= self._noted + 0.01:
            self._noted = share
            self._file.seek(0)
            self._file.write(f"{share:.3f}".encode())


class _Writer:
    """Chats and prompts into lines. Prompts come last, and are few."""

    def __init__(self, lines: BinaryIO) -> None:
        self._lines = lines
        self._chats = self._turns = 0
        self._prompts: list[Prompt] = []
        self._characters = 0

    def add_chat(self, chat: Chat) -> None:
        self._chats += 1
        self._turns += len(chat.turns)
        _check(self._chats, MOST_CHATS, "chats")
        _check(self._turns, MOST_TURNS, "messages")
        head = {name: value for name, value in vars(chat).items() if name != "turns"}
        self._write({"chat": head, "turns": len(chat.turns)})
        for turn in chat.turns:
            self._write_turn(turn)

    def add_prompt(self, prompt: Prompt) -> None:
        self._prompts.append(prompt)
        self._characters += len(prompt.id) + len(prompt.name) + len(prompt.text)
        _check(len(self._prompts), MOST_PROMPTS, "prompts")
        _check(self._characters, PROMPT_CHARACTERS, "characters in its prompts")

    def forget_chats(self) -> None:
        self._chats = self._turns = 0
        self._lines.seek(0)
        self._lines.truncate()

    def forget_prompts(self) -> None:
        self._prompts.clear()
        self._characters = 0

    def finish(self) -> None:
        prompts_at = self._lines.tell()
        for prompt in self._prompts:
            self._write({"prompt": vars(prompt)})
        found = Totals(self._chats, self._turns, len(self._prompts), prompts_at)
        self._write({"totals": vars(found)})

    def _write_turn(self, turn: ExportedMessage) -> None:
        given = {name: each for name, each in vars(turn).items() if each != DEFAULTS[name]}
        given.pop("text")
        length = sum(map(len, _encoded(turn.text)))
        self._write({"turn": given, "text_bytes": length})
        self._lines.writelines(_encoded(turn.text))
        self._lines.write(b"\n")

    def _write(self, record: Mapping[str, object]) -> None:
        text = json.dumps(record, ensure_ascii=False)
        self._lines.write(text.encode("utf-8", HALVES) + b"\n")


def _encoded(text: str) -> Iterator[bytes]:
    """Yield a text in pieces, so that it is not in memory once more."""
    for start in range(0, len(text), PIECE_CHARACTERS):
        yield text[start : start + PIECE_CHARACTERS].encode("utf-8", HALVES)


def _check(count: int, most: int, what: str) -> None:
    if count > most:
        raise InvalidInput(
            f"The file has more than {most:,} {what}, and no more can be imported at a time. "
            "Nothing was imported. Export fewer chats at a time."
        )
