"""Files of records: the chats and prompts of an imported file, as lines of JSON.

A sandbox process reads the imported file and writes the records; the server reads them one
chat at a time, with little memory. Each chat is a line, followed by a line for each of its
messages. The text of a message follows its line unencoded, because decoding it from JSON
would need several times its memory.
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
from liaobots.locale import Sentence
from liaobots.storage.bundle import Chat, ExportedMessage
from liaobots.storage.records import MessageState, Prompt

# More than a person writes who asks all day for ten years.
MAX_CHATS, MAX_MESSAGES = 100_000, 1_000_000
MAX_PROMPTS, MAX_PROMPT_CHARACTERS = 1_000, 8_000_000
PIECE_CHARACTERS = 250_000
# The last line holds the totals, and is shorter than this.
TOTALS_BYTES = 200
# Surrogates pass: the database decides what to do with them.
SURROGATES = "surrogatepass"
DEFAULTS = {field.name: field.default for field in fields(ExportedMessage)}


@dataclass(frozen=True)
class Totals:
    """How many chats, messages and prompts a file holds."""

    chats: int = 0
    turns: int = 0
    prompts: int = 0
    # The offset of the prompts in the file, in bytes.
    prompts_at: int = 0


def convert(source: Path, result: Path, options: Mapping[str, int]) -> None:
    """Read the file `source`, and write its records to `result`.

    Raise `InvalidInput` if it is broken. This runs in a sandbox process.
    """
    del options
    # The decoded values have no reference cycles, and looking for them takes most of the time.
    gc.disable()
    with source.open("rb") as file, result.open("wb") as lines:
        writer = _RecordWriter(lines)
        with _share_file(result).open("wb", buffering=0) as share:
            read(file, writer, _ProgressFile(share).write)
        writer.finish()


def share_read(result: Path) -> float:
    """Return the share of the file that has been read so far, from 0 to 1."""
    try:
        return float(_share_file(result).read_bytes() or 0)
    except (OSError, ValueError):
        return 0.0


def remove(result: Path) -> None:
    """Remove a file of records, and the file with its progress."""
    result.unlink(missing_ok=True)
    _share_file(result).unlink(missing_ok=True)


def totals(result: Path) -> Totals:
    """Return the totals of a file of records."""
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
    record: dict[str, Any] = json.loads(lines.readline().decode("utf-8", SURROGATES))
    return record


def _read_turn(lines: BinaryIO) -> ExportedMessage:
    record = _next(lines)
    text, reasoning = (
        lines.read(record[name]).decode("utf-8", SURROGATES)
        for name in ("text_bytes", "reasoning_bytes")
    )
    lines.readline()
    values = record["turn"]
    state = {"state": MessageState(values["state"])} if "state" in values else {}
    return ExportedMessage(**{**values, **state, "text": text, "reasoning": reasoning})


class _ProgressFile:
    """Write the share that has been read to a file, once for each hundredth."""

    def __init__(self, file: RawIOBase) -> None:
        self._file = file
        self._written = 0.0

    def write(self, share: float) -> None:
        if share >= self._written + 0.01:
            self._written = share
            self._file.seek(0)
            self._file.write(f"{share:.3f}".encode())


class _RecordWriter:
    """Write chats and prompts as records. Prompts are collected, and written last."""

    def __init__(self, lines: BinaryIO) -> None:
        self._lines = lines
        self._chats = self._turns = 0
        self._prompts: list[Prompt] = []
        self._characters = 0

    def add_chat(self, chat: Chat) -> None:
        self._chats += 1
        self._turns += len(chat.turns)
        _check(self._chats, MAX_CHATS, Sentence("chats"))
        _check(self._turns, MAX_MESSAGES, Sentence("messages"))
        head = {name: value for name, value in vars(chat).items() if name != "turns"}
        self._write({"chat": head, "turns": len(chat.turns)})
        for turn in chat.turns:
            self._write_turn(turn)

    def add_prompt(self, prompt: Prompt) -> None:
        self._prompts.append(prompt)
        self._characters += len(prompt.id) + len(prompt.name) + len(prompt.text)
        _check(len(self._prompts), MAX_PROMPTS, Sentence("prompts"))
        _check(self._characters, MAX_PROMPT_CHARACTERS, Sentence("characters in its prompts"))

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
        values = {name: each for name, each in vars(turn).items() if each != DEFAULTS[name]}
        values.pop("text")
        values.pop("reasoning", None)
        lengths = [sum(map(len, _encoded(each))) for each in (turn.text, turn.reasoning)]
        self._write({"turn": values, "text_bytes": lengths[0], "reasoning_bytes": lengths[1]})
        for each in (turn.text, turn.reasoning):
            self._lines.writelines(_encoded(each))
        self._lines.write(b"\n")

    def _write(self, record: Mapping[str, object]) -> None:
        text = json.dumps(record, ensure_ascii=False)
        self._lines.write(text.encode("utf-8", SURROGATES) + b"\n")


def _encoded(text: str) -> Iterator[bytes]:
    """Yield the encoded text in pieces, so that it is not in memory twice."""
    for start in range(0, len(text), PIECE_CHARACTERS):
        yield text[start : start + PIECE_CHARACTERS].encode("utf-8", SURROGATES)


def _check(count: int, most: int, what: Sentence) -> None:
    if count > most:
        raise InvalidInput(
            "The file has more than {most} {what}, and no more can be imported at a time. "
            "Nothing was imported. Export fewer chats at a time.",
            most=most,
            what=what,
        )
