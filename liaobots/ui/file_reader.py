"""Files that are read for a question: text at once, PDFs in processes of their own."""

import contextlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from liaobots.errors import InvalidInput, LiaobotsError, ServerBusy
from liaobots.limits import limits
from liaobots.sandbox.job import SandboxJob
from liaobots.sandbox.pool import SandboxPool
from liaobots.ui import attachments, identity, server_state, texts
from liaobots.ui.attachments import Attachment
from liaobots.ui.scratch import Scratch

PDF = "liaobots.documents.pdf:extract"
# A character of UTF-8 has four bytes at most.
CHARACTER_BYTES = 4


class FileReader:
    """A PDF that is being read, or waits to be, for the visitor whose page this is.

    It is cancelled a few seconds after the visitor has left.
    """

    def __init__(self, name: str, data: bytes) -> None:
        """Begin to read a file. Raise `ServerBusy` if too many files wait."""
        self.name = attachments.pdf_name(name)
        self._text = ""
        try:
            with contextlib.ExitStack() as undo:
                self._folder = _scratch().folder()
                undo.callback(self._folder.cleanup)
                self._job = self._submit(data)
                undo.pop_all()
        except OSError as error:
            raise ServerBusy(texts.NO_ROOM_FOR_FILE.format(name=self.name)) from error

    @property
    def position(self) -> int:
        """Return 0 for a file that is being read, 1 for the next one that waits."""
        return self._job.position

    @property
    def is_over(self) -> bool:
        return self._job.is_over

    def cancel(self) -> None:
        self._job.cancel()

    def material(self) -> Attachment:
        """Return the text, once it is over. Raise `LiaobotsError` if there is none."""
        try:
            self._job.result_or_raise()
        except ServerBusy:
            raise
        except LiaobotsError as error:
            raise InvalidInput(_with_name(self.name, str(error))) from error
        return Attachment(self.name, self._text)

    def _submit(self, data: bytes) -> SandboxJob:
        folder, bounds = Path(self._folder.name), limits()
        (folder / "source").write_bytes(data)
        return _pool().submit(
            PDF,
            folder / "source",
            folder / "result",
            processor_seconds=bounds.document_processor_seconds,
            memory_bytes=bounds.document_memory_bytes,
            result_bytes=bounds.document_characters * CHARACTER_BYTES,
            options=_options(),
            owner=identity.owner(),
            is_wanted=_is_here(),
            on_over=self._take,
        )

    def _take(self, job: SandboxJob) -> None:
        """Take the text out of the folder, and remove that. This runs in a thread of the pool."""
        try:
            if job.error is None:
                self._text = (Path(self._folder.name) / "result").read_text("utf-8")
        finally:
            with contextlib.suppress(OSError):
                self._folder.cleanup()


def begin(name: str, data: bytes) -> Attachment | FileReader:
    """Return a file's text, or its reading. Raise `LiaobotsError` if it cannot be read."""
    most = limits().document_bytes
    if len(data) > most:
        raise InvalidInput(
            f"“{attachments.safe_filename(name)}” is larger than {most // 1_000_000} MB. "
            "Save the part that matters as a file of its own, and add that."
        )
    return FileReader(name, data) if attachments.is_pdf(data) else attachments.read(name, data)


def _pool() -> SandboxPool:
    return server_state.get_or_create("documents", _make_pool)


def _scratch() -> Scratch:
    return server_state.get_or_create("scratch", _make_scratch)


def _make_scratch() -> Scratch:
    scratch = Scratch()
    server_state.at_end(scratch.close)
    return scratch


def _make_pool() -> SandboxPool:
    bounds = limits()
    pool = SandboxPool(
        bounds.documents_at_once, bounds.documents_waiting, bounds.documents_waiting_per_visitor
    )
    server_state.at_end(pool.close)
    return pool


def _options() -> dict[str, int]:
    bounds = limits()
    return {
        "pages": bounds.document_pages,
        "unpacked_bytes": bounds.document_unpacked_bytes,
        "operators": bounds.document_operators,
        "characters": bounds.document_characters,
    }


def _is_here() -> Callable[[], bool] | None:
    """Return what tells in any thread whether this visitor's connection is open.

    A page may be busy for longer than a job waits to be looked at, and a browser
    lets a page that is not seen sleep.
    """
    context = get_script_run_ctx(suppress_warning=True)
    if context is None or not runtime.exists():
        return None
    return partial(runtime.get_instance().is_active_session, context.session_id)


def _with_name(name: str, words: str) -> str:
    """Return words of the sandbox with the file's name in them."""
    return f"“{name}”{words.removeprefix('The file')}"
