"""Files that go along with a question: into its text, and back out of it to be shown.

A material stands in the text as a line that names it and a fenced block::

    📄 name.csv · 1,234 characters
    ````csv
    …
    ````

The fence is longer than any in the text and in the question, so that the first
one of its length ends the block, and the count says the same once more.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from liaobots.errors import InvalidInput

# Endings that are the name of their language, and those that stand for another name.
PLAIN = "c cpp css csv diff go html ini java json jsx lua php r sql swift toml tsv tsx xml yaml"
LANGUAGES = {
    **{ending: ending for ending in PLAIN.split()},
    "cs": "csharp",
    "h": "c",
    "ipynb": "json",
    "js": "javascript",
    "jsonl": "json",
    "kt": "kotlin",
    "md": "markdown",
    "py": "python",
    "rb": "ruby",
    "rs": "rust",
    "sh": "bash",
    "tex": "latex",
    "ts": "typescript",
    "yml": "yaml",
}
KINDS: tuple[str, ...] = ("txt", "pdf", "log", "conf", "srt", *LANGUAGES)

LONGEST_NAME, LONGEST_ENDING = 80, 12
LONG, MANY_LINES = 2_000, 40
HEAD, HEAD_LINES = 600, 8
SIGNATURES = {
    rb"\x89PNG\r\n\x1a\n": "a picture (PNG)",
    rb"\xff\xd8\xff": "a picture (JPEG)",
    rb"GIF8[79]a": "a picture (GIF)",
    rb"II\*\0|MM\0\*": "a picture (TIFF)",
    rb"RIFF.{4}WEBP": "a picture (WEBP)",
    rb".{4}ftyp(?:heic|heix|mif1|avif)": "a picture (HEIC or AVIF)",
    rb".{4}ftyp": "a film or sound file (MP4)",
    rb"ID3[\x02-\x04]\0|OggS\0|RIFF.{4}WAVE": "a sound file",
    rb"PK\x03\x04|PK\x05\x06": "a packed file (ZIP, or an Office file such as DOCX or XLSX)",
    rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an older Office file (DOC, XLS or PPT)",
    rb"\x1f\x8b|7z\xbc\xaf|Rar!\x1a\x07|\xfd7zXZ\0|BZh[1-9]1AY&SY": "a packed file",
    rb"\x7fELF": "a program",
    rb"SQLite format 3\0": "a database (SQLite)",
}
LABEL = re.compile(
    r"^📄 (?P<name>[^\n`]{1,80}) · (?P<count>[0-9,]{1,15}) characters\n"
    r"(?P<fence>`{4,}+)[a-z]*\n",
    re.M,
)
FENCE = re.compile("`{4,}")


@dataclass(frozen=True)
class Attachment:
    """A file's harmless name, and the text that is in it."""

    name: str
    text: str


def is_pdf(data: bytes) -> bool:
    """Return whether a file is a PDF, by its bytes and not by its name."""
    return data.startswith(b"%PDF-")


def pdf_name(name: str) -> str:
    """Return the harmless name of a PDF, with the ending that tells what it is."""
    name = safe_filename(name)
    return name if name.lower().endswith(".pdf") else safe_filename(f"{name}.pdf")


def read(name: str, data: bytes) -> Attachment:
    """Return a file of plain text. Raise `InvalidInput` with what is wrong with it."""
    name = safe_filename(name)
    return Attachment(name, _decoded(name, data).replace("\r\n", "\n").replace("\r", "\n"))


def safe_filename(name: str) -> str:
    """Gives a file's name without folders, in one line, with nothing in it that acts."""
    base = " ".join(re.split(r"[\\/]", name)[-1].split())
    shown = (each for each in base if unicodedata.category(each) not in ("Cc", "Cf", "Cs"))
    base = " ".join("".join(shown).replace("`", "").split()) or "file"
    if len(base) <= LONGEST_NAME:
        return base
    ending = PurePosixPath(base).suffix
    ending = ending if len(ending) <= LONGEST_ENDING else ""
    return base[: LONGEST_NAME - 1 - len(ending)].rstrip() + "…" + ending


# Files


def _decoded(name: str, data: bytes) -> str:
    kinds = (kind for start, kind in SIGNATURES.items() if re.match(start, data, re.S))
    if kind := next(kinds, ""):
        raise InvalidInput(
            f"“{name}” is {kind}, and only plain text and PDF can be read. "
            "Save what it says as one of them, or copy the text into the question."
        )
    is_wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    if b"\0" in data and not is_wide:
        raise InvalidInput(
            f"“{name}” is no text: it holds bytes that only programs read. "
            "Save it as plain text (UTF-8) or PDF, or copy the text into the question."
        )
    return _in_codec(name, data, "utf-16" if is_wide else "utf-8-sig")


def _in_codec(name: str, data: bytes, codec: str) -> str:
    refusal = InvalidInput(
        f"“{name}” is in an encoding that cannot be told. Save it as UTF-8, and add it again."
    )
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        raise refusal from error
    if "\0" in text:
        raise refusal
    return text


# Text


def joined(question: str, materials: Sequence[Attachment]) -> str:
    """Gives the one text that is sent and kept."""
    blocks = [_block(material, _longest_fence(question)) for material in materials]
    return "\n\n".join([question, *blocks] if question or not blocks else blocks)


def _block(material: Attachment, longest: int) -> str:
    name, text = safe_filename(material.name), material.text
    fence = "`" * max(4, longest + 1, _longest_fence(text) + 1)
    language = LANGUAGES.get(PurePosixPath(name).suffix[1:].lower(), "")
    return f"📄 {name} · {len(text):,} characters\n{fence}{language}\n{text}\n{fence}"


def _longest_fence(text: str) -> int:
    return max(map(len, FENCE.findall(text)), default=0)


def parts(text: str) -> Sequence[str | Attachment]:
    """Gives what was typed and the materials, in their order."""
    found: list[str | Attachment] = []
    end = 0
    for start, after, material in _blocks(text):
        found += [_between(text[end:start], is_first=end == 0), material]
        end = after
    found.append(_between(text[end:], is_first=end == 0, is_last=True))
    return [part for part in found if part] or [text]


def _between(prose: str, *, is_first: bool = False, is_last: bool = False) -> str:
    """Gives prose without the empty line that sets a block off."""
    prose = prose if is_first else _without(prose, str.removeprefix)
    return prose if is_last else _without(prose, str.removesuffix)


def _without(prose: str, take: Callable[[str, str], str]) -> str:
    shorter = take(prose, "\n\n")
    return shorter if shorter != prose else take(prose, "\n")


def _blocks(text: str) -> Iterator[tuple[int, int, Attachment]]:
    """Gives where each block begins and ends, and what is in it."""
    closings, end = _closings(text), 0
    for label in LABEL.finditer(text):
        start, after = closings.get(label.start("fence"), (0, 0))
        body = max(0, start - 1 - label.end())
        is_line = text[start - 1 : start] == "\n" and text[after : after + 1] in ("", "\n")
        is_fence = label.end() < start and after - start == len(label["fence"])
        is_ours = f"{body:,}" == label["count"] and safe_filename(label["name"]) == label["name"]
        if label.start() >= end and is_line and is_fence and is_ours:
            end = after
            yield label.start(), end, Attachment(label["name"], text[label.end() : start - 1])


def _closings(text: str) -> dict[int, tuple[int, int]]:
    """Gives, for where each fence begins, the next one that is no shorter."""
    closings: dict[int, tuple[int, int]] = {}
    open_ones: list[tuple[int, int]] = []
    for fence in FENCE.finditer(text):
        start, end = fence.span()
        while open_ones and open_ones[-1][1] - open_ones[-1][0] <= end - start:
            closings[open_ones.pop()[0]] = (start, end)
        open_ones.append((start, end))
    return closings


def is_long(text: str) -> bool:
    """Says whether a text is better folded where it is shown."""
    return len(text) > LONG or text.rstrip("\n").count("\n") >= MANY_LINES


def head(text: str) -> str:
    """Gives the beginning of a long text, cut at a line or a word."""
    lines = "\n".join(text.lstrip("\n")[: HEAD + 1].split("\n")[:HEAD_LINES])
    if len(lines) <= HEAD:
        return lines.rstrip()
    spaces = [space.start() for space in re.finditer(r"\s", lines)]
    # Where words are not set apart, the last space may stand far before.
    return lines[: spaces[-1] if spaces and spaces[-1] > HEAD // 2 else HEAD].rstrip()
