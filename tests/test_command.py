"""`python -m liaobots` in a shell: its output, its exit status, and the secrets it never shows."""

import asyncio
import sqlite3
import stat
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from liaobots.demo.server import DemoServer
from liaobots.storage.database import Database
from liaobots.storage.store import Store
from tests.support import backup_samples
from tests.support.app import ROOT, App
from tests.support.backup_samples import content, run
from tests.support.protocol_client import Visitor, finished
from tests.support.stored_chats import kept

SECRET = "s3cret"


def test_without_a_command() -> None:
    """Without a command, it prints its commands."""
    code, out, _ = run()
    assert code == 2
    assert all(command in out for command in ("backup", "restore", "migrate"))


@pytest.mark.parametrize("words", [("backup",), ("fly", "away"), ("migrate", "a", "b", "c")])
def test_invalid_arguments(words: tuple[str, ...]) -> None:
    """Invalid arguments print a hint, and no traceback."""
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert "--help" in err
    assert "Traceback" not in err


def test_backup_and_restore(rich: str, tmp_path: Path) -> None:
    """A backup can be restored once; only its owner can read the file."""
    file, new = tmp_path / "backup.db", f"sqlite:///{tmp_path}/new.db"
    code, out, err = run("backup", str(file), LIAOBOTS_DATABASE_URL=rich)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert "verified: counts and hashes agree" in lines
    assert len([line for line in lines if line.endswith(" rows")]) == len(content(rich))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.glob("backup.db*")] == ["backup.db"]
    code, _, err = run("restore", str(file), "--database", new)
    assert (code, err) == (0, "")
    assert content(new) == content(rich)
    code, out, err = run("restore", str(file), "--database", new)
    assert (code, out) == (1, "")
    assert err.startswith("Refusing to overwrite")
    assert len(err.splitlines()) == 1


def test_a_backup_is_a_plain_file(rich: str, tmp_path: Path) -> None:
    """A backup is a single SQLite file, readable in a read-only folder."""
    file = tmp_path / "backup.db"
    assert run("backup", str(file), "--database", rich)[0] == 0
    with sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True) as raw:
        assert raw.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
        tables = {name for (name,) in raw.execute("SELECT name FROM sqlite_master")}
    raw.close()
    assert "conversations" in tables
    assert "unfinished" not in tables


def test_an_empty_file_is_used_and_made_private(rich: str, tmp_path: Path) -> None:
    """An empty file, as an aborted backup leaves it, is used and made private."""
    file = tmp_path / "backup.db"
    file.touch(0o644)
    assert run("backup", str(file), "--database", rich)[0] == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_default_database(tmp_path: Path) -> None:
    """Without a setting, the database is the file in the user's data folder."""
    folder = tmp_path / "data"
    store = Store(Database(f"sqlite:///{folder}/liaobots-chat/chats.db"))
    backup_samples.said(store, "Hello", "you")
    store.close()
    file = str(tmp_path / "backup.db")
    code, out, _ = run("backup", file, XDG_DATA_HOME=str(folder), HOME=str(tmp_path))
    assert code == 0
    assert "messages                   2 rows" in out


def test_the_database_that_the_secrets_name(rich: str, tmp_path: Path) -> None:
    """The database that the secrets name overrides the environment, as in the app."""
    (tmp_path / ".streamlit").mkdir()
    secrets = tmp_path / ".streamlit" / "secrets.toml"
    secrets.write_text(f'LIAOBOTS_DATABASE_URL = "{rich}"\n')
    file = tmp_path / "backup.db"
    other = {"HOME": str(tmp_path), "LIAOBOTS_DATABASE_URL": "sqlite:////nowhere/chats.db"}
    assert run("backup", str(file), **other)[0] == 0
    assert content(f"sqlite:///{file}") == content(rich)
    secrets.write_text(f"{SECRET} :-(")
    code, _, err = run("backup", str(tmp_path / "again.db"), **other)
    assert (code, SECRET in err) == (1, False)
    assert "cannot be read" in err


@pytest.mark.parametrize(
    "words",
    [
        ("migrate", "postgresql://name:s3cret@127.0.0.1:9/x", "{folder}/target.db"),
        ("migrate", "{rich}", "postgresql://name:s3cret@127.0.0.1:9/x"),
        ("migrate", "{rich}", "postgresql://127.0.0.1:9/x?user=name&password=s3cret"),
        ("migrate", "postgresql://name@host:s3cret/x", "{folder}/target.db"),
        ("migrate", "mysql://name:s3cret@host/x", "{folder}/target.db"),
        ("backup", "{folder}/target.db", "--database", "postgresql://name:s3cret@127.0.0.1:9/x"),
        ("backup", "postgresql://name:s3cret@127.0.0.1:9/x"),
        ("backup", "{folder}/target.db", "postgresql://name:s3cret@127.0.0.1:9/x"),
        ("postgresql://name:s3cret@127.0.0.1:9/x",),
        ("backup", "{folder}/target.db", "--databse=postgresql://name:s3cret@127.0.0.1:9/x"),
    ],
)
def test_passwords_are_never_printed(words: tuple[str, ...], rich: str, tmp_path: Path) -> None:
    """Errors are printed without passwords and tracebacks, and create no file."""
    arguments = [word.format(folder=tmp_path, rich=rich) for word in words]
    code, out, err = run(*arguments, HOME=str(tmp_path))
    assert code in (1, 2)
    assert err
    assert SECRET not in out + err
    assert "Traceback" not in err
    assert not (tmp_path / "target.db").exists()


def test_the_lease_holds_no_password(rich: str, postgresql: str, tmp_path: Path) -> None:
    """Neither the file nor the output holds the password of the database."""
    target = postgresql.replace("postgres:@", f"postgres:{SECRET}@")
    file = tmp_path / "backup.db"
    Database(target).close()
    code, out, err = run("backup", str(file), "--database", target)
    assert (code, err) == (0, "")
    assert SECRET not in out
    assert SECRET.encode() not in file.read_bytes()


def test_streamlit_is_not_imported() -> None:
    """No command imports Streamlit."""
    code = (
        "import sys; from liaobots.__main__ import main; "
        "main(['migrate', '/nowhere/a', '/nowhere/b']); "
        "print(sys.modules.keys() & {'streamlit', 'starlette'})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


def test_a_backup_while_visitors_are_answered(tmp_path: Path, slow_demo_server: DemoServer) -> None:
    """A backup has the text so far of a running answer, which continues."""
    words = [f"word{number} " for number in range(240)]
    slow_demo_server.answer = lambda _: iter(words)
    file, address = tmp_path / "backup.db", f"sqlite:///{tmp_path}/chats.db"
    settings = {"LIAOBOTS_URL": slow_demo_server.url, "LIAOBOTS_AUTH": "nobody"}

    async def visit(app: App) -> str:
        async with Visitor(app.url) as visitor:
            await visitor.ask("Tell me words")
            await visitor.until(lambda: visitor.shows("word20"))
            backup = partial(run, "backup", str(file), LIAOBOTS_DATABASE_URL=address)
            code, out, err = await asyncio.to_thread(backup)
            assert (code, err) == (0, "")
            assert "verified: counts and hashes agree" in out
            assert not visitor.shows("word239")
            await visitor.until(lambda: visitor.shows("word239"))
            return visitor.identity

    with App(tmp_path, LIAOBOTS_DATABASE_URL=address, **settings) as app:
        identity = finished(visit(app))
    question, answer = kept(f"sqlite:///{file}", identity)
    assert question.text == "Tell me words"
    assert answer.text.startswith("word0 word1 word2 ")
    assert "".join(words).startswith(answer.text)
    assert answer.text != "".join(words)
