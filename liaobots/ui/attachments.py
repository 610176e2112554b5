"""Files that are sent with a question: put into its text, and taken out of it to be shown.

In the text, a file is a line with its name and a fenced block::

    📄 name.csv · 1,234 characters
    ````csv
    …
    ````

The fence is longer than any in the file and in the question, so that the first one of its
length ends the block. The count of characters confirms that.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from liaobots.errors import InvalidInput
from liaobots.locale import Sentence

# File extensions that are also the name of their language, and those that are not.
SAME_NAME = "c cpp css csv diff go html ini java json jsx lua php r sql swift toml tsv tsx xml yaml"
LANGUAGES = {
    **{extension: extension for extension in SAME_NAME.split()},
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

MAX_NAME_CHARACTERS, MAX_EXTENSION_CHARACTERS = 80, 12
# A text with more than this is folded where it is shown: more than one screen.
LONG_CHARACTERS, LONG_LINES = 2_000, 40
HEAD_CHARACTERS, HEAD_LINES = 600, 8
# The first bytes of files that are not text, and what such a file is.
SIGNATURES = {
    rb"\x89PNG\r\n\x1a\n": Sentence("a picture (PNG)"),
    rb"\xff\xd8\xff": Sentence("a picture (JPEG)"),
    rb"GIF8[79]a": Sentence("a picture (GIF)"),
    rb"II\*\0|MM\0\*": Sentence("a picture (TIFF)"),
    rb"RIFF.{4}WEBP": Sentence("a picture (WEBP)"),
    rb".{4}ftyp(?:heic|heix|mif1|avif)": Sentence("a picture (HEIC or AVIF)"),
    rb".{4}ftyp": Sentence("a film or sound file (MP4)"),
    rb"ID3[\x02-\x04]\0|OggS\0|RIFF.{4}WAVE": Sentence("a sound file"),
    rb"PK\x03\x04|PK\x05\x06": Sentence(
        "a packed file (ZIP, or an Office file such as DOCX or XLSX)"
    ),
    rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": Sentence("an older Office file (DOC, XLS or PPT)"),
    rb"\x1f\x8b|7z\xbc\xaf|Rar!\x1a\x07|\xfd7zXZ\0|BZh[1-9]1AY&SY": Sentence("a packed file"),
    rb"\x7fELF": Sentence("a program"),
    rb"SQLite format 3\0": Sentence("a database (SQLite)"),
}
LABEL = re.compile(
    r"^📄 (?P<name>[^\n`]{1,80}) · (?P<count>[0-9,]{1,15}) characters\n"
    r"(?P<fence>`{4,}+)[a-z]*\n",
    re.M,
)
FENCE = re.compile("`{4,}")


@dataclass(frozen=True)
class Attachment:
    """A file's safe name, and the text that is in it."""

    name: str
    text: str


def is_pdf(data: bytes) -> bool:
    """Return whether a file is a PDF, by its bytes and not by its name."""
    return data.startswith(b"%PDF-")


def pdf_name(name: str) -> str:
    """Return the safe name of a PDF, with the extension `.pdf`."""
    name = safe_filename(name)
    return name if name.lower().endswith(".pdf") else safe_filename(f"{name}.pdf")


def read(name: str, data: bytes) -> Attachment:
    """Return a file of plain text. Raise `InvalidInput` if it is not text, saying what it is."""
    name = safe_filename(name)
    return Attachment(name, _decoded(name, data).replace("\r\n", "\n").replace("\r", "\n"))


def safe_filename(name: str) -> str:
    """Return a file's name on one line, without folders, control characters and backticks."""
    base = " ".join(re.split(r"[\\/]", name)[-1].split())
    shown = (each for each in base if unicodedata.category(each) not in ("Cc", "Cf", "Cs"))
    base = " ".join("".join(shown).replace("`", "").split()) or "file"
    if len(base) <= MAX_NAME_CHARACTERS:
        return base
    extension = PurePosixPath(base).suffix
    extension = extension if len(extension) <= MAX_EXTENSION_CHARACTERS else ""
    return base[: MAX_NAME_CHARACTERS - 1 - len(extension)].rstrip() + "…" + extension


def _decoded(name: str, data: bytes) -> str:
    """Return the text of a file. Raise `InvalidInput` if it is not text."""
    kinds = (kind for start, kind in SIGNATURES.items() if re.match(start, data, re.S))
    if kind := next(kinds, None):
        raise InvalidInput(
            "“{name}” is {kind}, and only plain text and PDF can be read. Save what it says "
            "as one of them, or copy the text into the question.",
            name=name,
            kind=kind,
        )
    is_wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    if b"\0" in data and not is_wide:
        raise InvalidInput(
            "“{name}” is no text: it holds bytes that only programs read. Save it as plain "
            "text (UTF-8) or PDF, or copy the text into the question.",
            name=name,
        )
    return _in_codec(name, data, "utf-16" if is_wide else "utf-8-sig")


def _in_codec(name: str, data: bytes, codec: str) -> str:
    refusal = InvalidInput(
        "“{name}” is in an encoding that cannot be told. Save it as UTF-8, and add it again.",
        name=name,
    )
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        raise refusal from error
    if "\0" in text:
        raise refusal
    return text


def joined(question: str, materials: Sequence[Attachment]) -> str:
    """Return a question with its files as one text, which is sent and stored."""
    blocks = [_block(file, _longest_fence(question)) for file in materials]
    return "\n\n".join([question, *blocks] if question or not blocks else blocks)


def _block(file: Attachment, longest: int) -> str:
    """Return a file as a block, with a fence that is longer than `longest` backticks."""
    name, text = safe_filename(file.name), file.text
    fence = "`" * max(4, longest + 1, _longest_fence(text) + 1)
    language = LANGUAGES.get(PurePosixPath(name).suffix[1:].lower(), "")
    return f"📄 {name} · {len(text):,} characters\n{fence}{language}\n{text}\n{fence}"


def _longest_fence(text: str) -> int:
    return max(map(len, FENCE.findall(text)), default=0)


def parts(text: str) -> Sequence[str | Attachment]:
    """Return what was typed and the files, in their order, from a text made by `joined`."""
    found: list[str | Attachment] = []
    end = 0
    for start, after, file in _blocks(text):
        found += [_between(text[end:start], is_first=end == 0), file]
        end = after
    found.append(_between(text[end:], is_first=end == 0, is_last=True))
    return [part for part in found if part] or [text]


def _between(prose: str, *, is_first: bool = False, is_last: bool = False) -> str:
    """Return the text between blocks without the empty lines that separate it from them."""
    prose = prose if is_first else _without(prose, str.removeprefix)
    return prose if is_last else _without(prose, str.removesuffix)


def _without(prose: str, take: Callable[[str, str], str]) -> str:
    shorter = take(prose, "\n\n")
    return shorter if shorter != prose else take(prose, "\n")


def _blocks(text: str) -> Iterator[tuple[int, int, Attachment]]:
    """Yield where each block begins and ends, and the file in it."""
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
    """Return, by where each fence begins, the next fence of at least its length.

    This is the stack algorithm for the next greater element, in linear time.
    """
    closings: dict[int, tuple[int, int]] = {}
    open_ones: list[tuple[int, int]] = []
    for fence in FENCE.finditer(text):
        start, end = fence.span()
        while open_ones and open_ones[-1][1] - open_ones[-1][0] <= end - start:
            closings[open_ones.pop()[0]] = (start, end)
        open_ones.append((start, end))
    return closings


def is_long(text: str) -> bool:
    """Return whether a text is so long that it is shown folded."""
    return len(text) > LONG_CHARACTERS or text.rstrip("\n").count("\n") >= LONG_LINES


def head(text: str) -> str:
    """Return the beginning of a long text, cut at a line or a word."""
    lines = "\n".join(text.lstrip("\n")[: HEAD_CHARACTERS + 1].split("\n")[:HEAD_LINES])
    if len(lines) <= HEAD_CHARACTERS:
        return lines.rstrip()
    spaces = [space.start() for space in re.finditer(r"\s", lines)]
    # In a script without spaces between words, the last space may be far from the end.
    is_near_end = spaces and spaces[-1] > HEAD_CHARACTERS // 2
    return lines[: spaces[-1] if is_near_end else HEAD_CHARACTERS].rstrip()
