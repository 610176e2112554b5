"""Read files for a question: text at once, PDFs in sandboxed processes."""

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
from liaobots.ui import attachments, server_state
from liaobots.ui.attachments import Attachment
from liaobots.ui.private_folder import PrivateFolder

PDF = "liaobots.documents.pdf:extract"
FOLDER_PREFIX = "liaobots-files-"
# A character has at most four bytes in UTF-8 (RFC 3629).
MAX_BYTES_PER_CHARACTER = 4


class FileReader:
    """A PDF that is being read or waits to be read, for the visitor `owner` of this page.

    It is cancelled a few seconds after the visitor has left.
    """

    def __init__(self, name: str, data: bytes, owner: str) -> None:
        """Start to read a PDF. Raise `ServerBusy` if too many files wait."""
        self.name = attachments.pdf_name(name)
        self._owner = owner
        self._text = ""
        try:
            with contextlib.ExitStack() as undo:
                self._folder = _folder().subfolder()
                undo.callback(self._folder.cleanup)
                self._job = self._submit(data)
                undo.pop_all()
        except OSError as error:
            raise ServerBusy(
                "The server has no space to read “{name}” at the moment. Wait a little, then "
                "add it again.",
                name=self.name,
            ) from error

    @property
    def position(self) -> int:
        """Return the position in the queue: 0 is being read, 1 is the next one."""
        return self._job.position

    @property
    def is_over(self) -> bool:
        """Return whether the file was read, or could not be."""
        return self._job.is_over

    def cancel(self) -> None:
        """Stop reading."""
        self._job.cancel()

    def attachment(self) -> Attachment:
        """Return the file with its text, after `is_over`. Raise `LiaobotsError` if it has none."""
        try:
            self._job.result_or_raise()
        except ServerBusy:
            raise
        except LiaobotsError as error:
            raise InvalidInput(error.message.replace(file=f"“{self.name}”")) from error
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
            result_bytes=bounds.document_characters * MAX_BYTES_PER_CHARACTER,
            options=_options(),
            owner=self._owner,
            is_wanted=_presence_check(),
            on_over=self._take_text,
        )

    def _take_text(self, job: SandboxJob) -> None:
        """Take the text out of the folder, and remove the folder, in a thread of the pool."""
        try:
            if job.error is None:
                self._text = (Path(self._folder.name) / "result").read_text("utf-8")
        finally:
            with contextlib.suppress(OSError):
                self._folder.cleanup()


def begin(name: str, data: bytes, owner: str) -> Attachment | FileReader:
    """Return a text file, or a reader for a PDF of the visitor `owner`.

    Raise `LiaobotsError` if it cannot be read.
    """
    max_bytes = limits().document_bytes
    if len(data) > max_bytes:
        raise InvalidInput(
            "“{name}” is larger than {megabytes} MB. Save the part that matters as a file of "
            "its own, and add that.",
            name=attachments.safe_filename(name),
            megabytes=max_bytes // 1000000,
        )
    return (
        FileReader(name, data, owner) if attachments.is_pdf(data) else attachments.read(name, data)
    )


def _pool() -> SandboxPool:
    return server_state.get_or_create("documents", _make_pool)


def _folder() -> PrivateFolder:
    return server_state.get_or_create("scratch", _make_folder)


def _make_folder() -> PrivateFolder:
    folder = PrivateFolder(FOLDER_PREFIX)
    server_state.at_end(folder.remove)
    return folder


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


def _presence_check() -> Callable[[], bool] | None:
    """Return a function that says, in any thread, whether this visitor's connection is open.

    Polling does not show that: a page may be busy for longer than a job waits to be polled,
    and a browser suspends a page in the background.
    """
    context = get_script_run_ctx(suppress_warning=True)
    if context is None or not runtime.exists():
        return None
    return partial(runtime.get_instance().is_active_session, context.session_id)
