"""The catalogs of all languages, and the one that the current context uses."""

import logging
import os
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

LOG = logging.getLogger(__name__)
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
    return _read(languages()[code])


def _codes(wanted: str) -> list[str]:
    """Return the codes of the catalogs that serve a language, the best one first."""
    parts = wanted.replace("-", "_").split("_")
    codes = ["_".join(parts[:count]) for count in range(len(parts), 0, -1)]
    return [parts[0].lower(), *codes] if len(parts) == 1 else [*codes, parts[0].lower()]


@cache
def _files(more: str) -> Mapping[str, Path]:
    own = {file.stem: file for file in sorted(FOLDER.glob("*.po"))}
    others = sorted(Path(more).glob("*.po")) if more else []
    return own | {file.stem: file for file in others if _is_readable(file)}


def _is_readable(file: Path) -> bool:
    """Return whether a catalog can be read; if not, log why, for who has added it."""
    try:
        _formats_of(file.stem)
        _read(file)
    except Exception as error:
        LOG.error("%s is no catalog: %s. It was not used.", file, error)
        return False
    return True


def _formats_of(code: str) -> None:
    """Raise an error if it is not known how numbers and dates are written in a language."""
    from babel import Locale  # noqa: PLC0415 -- not needed in English

    Locale.parse(code)


@cache
def _read(file: Path) -> NullTranslations:
    from babel.messages import mofile, pofile  # noqa: PLC0415 -- not needed in English

    compiled = BytesIO()
    written = BytesIO(file.read_bytes())
    mofile.write_mo(compiled, pofile.read_po(written, ignore_obsolete=True, abort_invalid=True))
    compiled.seek(0)
    return GNUTranslations(compiled)
