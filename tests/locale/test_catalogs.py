"""The catalogs: what is in them, and which one a reader gets."""

import ast
from collections.abc import Callable
from contextvars import copy_context
from pathlib import Path

import pytest

from liaobots import errors, locale
from liaobots.locale import Sentence, _, counted, date, language, languages, number
from liaobots.locale.catalog import SETTING
from liaobots.locale.sentence import FIELD
from tests.support import catalogs


@pytest.fixture
def add_catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Return a function that adds a catalog of a language, whose sentences it marks."""
    monkeypatch.setenv(SETTING, str(tmp_path))

    def add(code: str, mark: str) -> None:
        written = catalogs.translated(code, lambda sentence: f"{mark}{sentence}{mark}")
        (tmp_path / f"{code}.po").write_bytes(written)

    return add


def read_as(wanted: list[str], read: Callable[[], str]) -> str:
    """Return what `read` returns for a reader who wants these languages."""

    def run() -> str:
        locale.use(wanted)
        return read()

    return copy_context().run(run)


@pytest.mark.parametrize("code", languages())
def test_catalogs_are_complete(code: str) -> None:
    """Each has the sentences of the code, no more and no less."""
    written = dict(catalogs.updated())[code]
    assert languages()[code].read_bytes() == written, "run: python -m tests.support.catalogs"


def test_errors_are_collected() -> None:
    """The sentences of errors, of their values, and of the page are all found."""
    found = {message.id for message in catalogs.collect() if message.id}
    assert "Stop" in found
    assert ("{count} chat", "{count} chats") in found
    assert "The service redirects in a circle. Try again later." in found
    assert "The disk is full" in found
    assert "a picture (PNG)" in found
    assert len(found) > 300


def missing_fields(call: ast.Call) -> set[str]:
    """Return the fields of a call's sentence to which the call gives no value.

    A `Sentence` without any value gets them later.
    """
    name = ast.unparse(call.func).rpartition(".")[2]
    texts = [str(each.value) for each in call.args[:2] if isinstance(each, ast.Constant)]
    if name not in catalogs.keywords() or not texts:
        return set()
    given = {each.arg for each in call.keywords}
    if None in given or (name == "Sentence" and not given):
        return set()
    known = {"count"} if name == "counted" else set()
    return {field for text in texts for field in FIELD.findall(text)} - given - known


def test_each_field_has_a_value() -> None:
    """No reader sees a field, such as {name}."""
    found = [
        (f"{file.name}:{node.lineno}", missing)
        for file in catalogs.CODE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and (missing := missing_fields(node))
    ]
    assert not found
    call = ast.parse("_('{a} of {b}', a=1)", mode="eval").body
    assert isinstance(call, ast.Call)
    assert missing_fields(call) == {"b"}


def test_no_sentence_is_put_together() -> None:
    """What is put together from parts is in no catalog."""
    found = [
        f"{file.name}:{node.lineno}"
        for file in catalogs.CODE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).rpartition(".")[2] in catalogs.keywords()
        and any(isinstance(each, ast.JoinedStr | ast.BinOp) for each in node.args[:1])
    ]
    assert not found


def test_a_reader_gets_the_first_language_that_there_is(
    add_catalog: Callable[[str, str], None],
) -> None:
    """A catalog of a language serves its regions as well; English is always there."""
    add_catalog("eo", "*")
    assert read_as(["tlh", "eo-001", "en"], lambda: _("Stop")) == "*Stop*"
    assert read_as(["EO"], language) == "eo"
    assert read_as(["en-GB", "eo"], lambda: _("Stop")) == "Stop"
    assert read_as([], lambda: _("Stop")) == "Stop"
    assert read_as(["../x", "", "-"], language) == "en"
    assert _("Stop") == "Stop"


def test_an_error_is_worded_where_it_is_read(add_catalog: Callable[[str, str], None]) -> None:
    """`str` stays English; the page words it, with its values, also after it was stored."""
    add_catalog("eo", "*")
    wait = Sentence("{seconds} s", seconds=7)
    error = errors.RateLimited(Sentence("Wait {wait}, then try again.", wait=wait), 7.0)
    stored = error.message.to_json()
    assert str(error) == "Wait 7 s, then try again."
    assert read_as(["eo"], lambda: str(error)) == str(error)
    known = errors.ServiceError("The service redirects in a circle. Try again later.")
    assert read_as(["eo"], known.message.worded) == f"*{known}*"
    assert "*7 s*" in read_as(["eo"], Sentence.from_json(stored).worded)


HEADER = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: {forms}\\n"

msgid "{{count}} chat"
msgid_plural "{{count}} chats"
"""
RUSSIAN = (
    "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : "
    "n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);"
)


def write_catalog(file: Path, forms: str, *translations: str) -> None:
    """Write a catalog with one sentence, in each of its plural forms."""
    lines = [f'msgstr[{number}] "{each}"' for number, each in enumerate(translations)]
    file.write_text(HEADER.format(forms=forms) + "\n".join(lines), encoding="utf-8")


def test_plural_forms_are_those_of_the_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Russian has three, Chinese one."""
    monkeypatch.setenv(SETTING, str(tmp_path))
    write_catalog(tmp_path / "ru.po", RUSSIAN, "{count} чат", "{count} чата", "{count} чатов")
    write_catalog(tmp_path / "zh.po", "nplurals=1; plural=0;", "{count} 个对话")

    def chats(count: int) -> Callable[[], str]:
        return lambda: counted("{count} chat", "{count} chats", count)

    counts = (1, 3, 5, 21, 1500)
    said = [read_as(["ru"], chats(count)).replace("\xa0", " ") for count in counts]
    assert said == ["1 чат", "3 чата", "5 чатов", "21 чат", "1 500 чатов"]
    assert [read_as(["zh-CN"], chats(n)) for n in (1, 2)] == ["1 个对话", "2 个对话"]
    assert [chats(n)() for n in (0, 1, 2)] == ["0 chats", "1 chat", "2 chats"]


def test_numbers_and_dates(add_catalog: Callable[[str, str], None]) -> None:
    """They are written as in the reader's language."""
    for code in ("de", "ru", "zh"):
        add_catalog(code, "*")
    assert number(1234.5, 2) == "1,234.50"
    assert read_as(["de"], lambda: number(1234.5, 2)) == "1.234,50"
    assert date(0) == "1970-01-01"
    assert read_as(["zh-TW"], lambda: date(0)) == "1970年1月1日"


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Add a catalog whose translations name fields that are not there."""
    monkeypatch.setenv(SETTING, str(tmp_path))
    (tmp_path / "eo.po").write_bytes(
        catalogs.translated("eo", lambda sentence: sentence + " {nothing} {0} {")
    )


@pytest.mark.usefixtures("broken")
def test_a_wrong_translation_fails_nothing() -> None:
    """A field that does not exist stays as it is written."""
    assert read_as(["eo"], lambda: _("Remove {name}", name="x")) == "Remove x {nothing} {0} {"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("tlh-x.po", b'msgid "Stop"\nmsgstr "mev"\n'),
        ("eo.po", b"no catalog"),
        ("fr.po", b'msgid "Stop"\nmsgstr "\xff"\n'),
    ],
)
def test_a_broken_catalog_is_named_and_not_used(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    name: str,
    content: bytes,
) -> None:
    """Whoever added it reads why; visitors get English."""
    monkeypatch.setenv(SETTING, str(tmp_path))
    (tmp_path / name).write_bytes(content)
    assert read_as([name.removesuffix(".po")], lambda: _("Stop")) == "Stop"
    assert f"{name} is no catalog" in caplog.text
