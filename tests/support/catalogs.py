"""Collect the sentences of the code into the catalogs.

    python -m tests.support.catalogs

updates each catalog: new sentences are added, and those that are gone are removed.
"""

import inspect
from collections.abc import Callable, Iterator
from io import BytesIO

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from liaobots import errors
from liaobots.generation.rate_limit import ServerFull
from liaobots.locale import languages
from liaobots.ui.uploads import UploadRefused
from tests.support.app import ROOT

CODE = ROOT / "liaobots"
# Headers that say nothing, or change without a change.
LEFT_OUT = (
    b'"Generated-By',
    b'"Language-Team',
    b'"Last-Translator',
    b'"PO-Revision-Date',
    b'"POT-Creation-Date',
    b'"Project-Id-Version',
    b'"Report-Msgid-Bugs-To',
)
# The functions whose first argument is a sentence; the second one of `counted` is its plural.
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": (1,),
    "Sentence": (1,),
    "counted": (1, 2),
}


def keywords() -> dict[str, tuple[int, ...] | None]:
    """Return the names of the functions and errors that take a sentence."""
    own = {each.__name__ for each in (ServerFull, UploadRefused)}
    found = inspect.getmembers(errors, inspect.isclass)
    names = {name for name, each in found if issubclass(each, errors.LiaobotsError)}
    return KEYWORDS | dict.fromkeys(own | names, (1,))


def collect(code: str = "en") -> Catalog:
    """Return a catalog of a language with all sentences of the code, untranslated."""
    catalog = Catalog(locale=code, project="liaobots", fuzzy=False)
    for file, _line, message, _comments, _context in sorted(
        extract_from_dir(CODE, [("**.py", "python")], keywords=keywords()), key=str
    ):
        sentence = message if isinstance(message, str) else tuple(message)
        if any(map(has_words, [sentence] if isinstance(sentence, str) else sentence)):
            catalog.add(sentence, locations=[(f"liaobots/{file}", 0)])
    return catalog


def has_words(sentence: str) -> bool:
    """Return whether there is something to translate besides the fields."""
    outside = "".join(part.rpartition("}")[2] for part in sentence.split("{"))
    return any(character.isalpha() for character in outside)


def translated(code: str, translate: Callable[[str], str]) -> bytes:
    """Return a catalog in which each sentence is translated by a function."""
    catalog = collect(code)
    for message in catalog:
        if message.id:
            ids = [message.id] if isinstance(message.id, str) else list(message.id)
            forms = [translate(each) for each in ids]
            message.string = forms[0] if len(ids) == 1 else _plurals(forms, catalog)
    return as_bytes(catalog)


def as_bytes(catalog: Catalog) -> bytes:
    """Return a catalog as a .po file, in the order of its sentences, without line numbers."""
    written = BytesIO()
    write_po(written, catalog, width=98, sort_output=True, include_lineno=False, omit_header=False)
    lines = written.getvalue().splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith(LEFT_OUT))


def updated() -> Iterator[tuple[str, bytes]]:
    """Yield the code of each language, and its catalog with the sentences of the code."""
    for code, file in languages().items():
        known = read_po(BytesIO(file.read_bytes()), locale=code)
        known.update(collect(code), no_fuzzy_matching=True)
        known.obsolete.clear()
        yield code, as_bytes(known)


def _plurals(forms: list[str], catalog: Catalog) -> tuple[str, ...]:
    return (forms[0], *[forms[1]] * (catalog.num_plurals - 1))


if __name__ == "__main__":
    for language, written in updated():
        languages()[language].write_bytes(written)
