"""The catalogs of all languages, and the one that the current context uses."""

import os
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

ENGLISH = "en"
FOLDER = Path(__file__).parent
# A folder with further catalogs, for languages that are not in this one.
SETTING = "LIAOBOTS_CATALOGS"
_UNTRANSLATED = NullTranslations()
_CURRENT: ContextVar[str] = ContextVar("language", default=ENGLISH)


def use(wanted: Iterable[str]) -> None:
    """Use the first of the wanted languages that has a catalog, else English, in this context.

    They are codes as browsers send them, such as "pt-BR"; a catalog "pt" serves that as well.
    """
    known = languages()
    codes = (code for each in wanted for code in _codes(each))
    _CURRENT.set(next((code for code in codes if code in known), ENGLISH))


def language() -> str:
    """Return the code of the language that this context uses, such as "en" or "pt_BR"."""
    return _CURRENT.get()


def languages() -> Mapping[str, Path]:
    """Return the files of all catalogs by the codes of their languages."""
    return _files(os.environ.get(SETTING, ""))


def translations(code: str) -> NullTranslations:
    """Return the catalog of a language; English needs none."""
    if code == ENGLISH:
        return _UNTRANSLATED
    file = languages()[code]
    return _read(file, file.stat().st_mtime)


def _codes(wanted: str) -> list[str]:
    """Return the codes of the catalogs that serve a language, the best one first."""
    parts = wanted.replace("-", "_").split("_")
    codes = ["_".join(parts[:count]) for count in range(len(parts), 0, -1)]
    return [parts[0].lower(), *codes] if len(parts) == 1 else [*codes, parts[0].lower()]


@cache
def _files(more: str) -> Mapping[str, Path]:
    folders = [FOLDER, *([Path(more)] if more else [])]
    return {file.stem: file for folder in folders for file in sorted(folder.glob("*.po"))}


@cache
def _read(file: Path, _changed: float) -> NullTranslations:
    from babel.messages import mofile, pofile  # noqa: PLC0415 -- not needed in English

    compiled = BytesIO()
    written = BytesIO(file.read_bytes())
    mofile.write_mo(compiled, pofile.read_po(written, ignore_obsolete=True))
    compiled.seek(0)
    return GNUTranslations(compiled)
