"""Files that visitors have uploaded: where they are, whose they are, and for how long.

They are on the disk. Streamlit keeps a short stub of each, which names the file by a token
that cannot be guessed.
"""

import re
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

from streamlit.runtime import Runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

from liaobots.errors import InvalidInput
from liaobots.limits import Limits, limits
from liaobots.locale import Sentence
from liaobots.ui import server_state
from liaobots.ui.private_folder import PrivateFolder

FOLDER_PREFIX = "liaobots-uploads-"
STUB = re.compile(rb"liaobots-upload:([\w-]{43})")
# What a file costs besides its content: names, and a block of the disk.
OVERHEAD_BYTES = 16_384
# Streamlit forgets the files of a question just before the question is submitted.
MAX_FORGOTTEN_SECONDS = 20.0

FULL_SESSION = Sentence(
    "The files added to this page are larger than {most} MB in total. Remove some, or send the "
    "question, then add the file again."
)
FULL_VISITOR = Sentence(
    "Your files that are not used yet are larger than {most} MB in total. Remove some on your "
    "other pages, or close those pages, then add the file again in a minute."
)
FULL_SERVER = Sentence(
    "This server holds {most} MB of files that are not used yet, and accepts no more. Wait a "
    "minute, then add the file again."
)


class UploadRefused(InvalidInput):
    """A file may not be uploaded; `status` is the HTTP status of the response."""

    def __init__(self, message: str | Sentence, status: int = 413) -> None:
        super().__init__(message)
        self.status = status


class UploadedFile(Protocol):
    """A file as Streamlit hands it to the page."""

    name: str

    def getvalue(self) -> bytes: ...


@dataclass(eq=False)
class Upload:
    """A file of a session, of which `size` bytes are counted so far."""

    session: str
    file: str
    visitor: str
    path: Path
    size: int = 0
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    is_whole: bool = False
    # A claimed file is dropped by the caller that claimed it.
    is_claimed: bool = False
    # Since when its visitor has been away, or Streamlit has forgotten it (monotonic clock).
    left: float | None = None
    forgotten: float | None = None

    @property
    def stub(self) -> bytes:
        """Return what Streamlit keeps in place of the file."""
        return b"liaobots-upload:" + self.token.encode()


class Uploads:
    """All files that were uploaded and are not used yet, within the limits."""

    def __init__(self, bounds: Limits) -> None:
        self._bounds = bounds
        self._folder = PrivateFolder(FOLDER_PREFIX)
        self._held: list[Upload] = []
        self._lock = threading.RLock()
        server_state.at_end(self._folder.remove)

    def begin(self, session: str, file: str, visitor: str, expected: int) -> Upload:
        """Count a file whose upload begins. Raise `UploadRefused` if a limit does not allow it."""
        upload = Upload(session, file, visitor, self.new_path())
        with self._lock:
            coming = [each for each in self._held if not each.is_whole]
            mine = sum(each.visitor == visitor for each in coming)
            if mine >= self._bounds.uploads_at_once_per_visitor:
                raise UploadRefused(
                    "You upload too many files at once. Wait until they have arrived, then add "
                    "more.",
                    429,
                )
            if len(coming) >= self._bounds.uploads_at_once:
                raise UploadRefused(
                    "Too many files are uploaded to this server at once. Wait a moment, then add "
                    "the file again.",
                    429,
                )
            self._check(upload, OVERHEAD_BYTES + expected)
            upload.size = OVERHEAD_BYTES
            self._held.append(upload)
        return upload

    def grow(self, upload: Upload, count: int) -> None:
        """Count `count` more bytes of a file. Raise `UploadRefused` if that is too much."""
        with self._lock:
            self._check(upload, count)
            upload.size += count

    def finish(self, upload: Upload) -> None:
        """Note that a file is complete. It replaces an earlier one with the same id."""
        with self._lock:
            for other in self._of(upload.session, upload.file):
                if other is not upload and other.is_whole and not other.is_claimed:
                    self.drop(other)
            upload.is_whole = True

    def drop(self, upload: Upload) -> None:
        """Remove a file, which then no longer counts."""
        with self._lock:
            if upload in self._held:
                self._held.remove(upload)
        upload.path.unlink(missing_ok=True)

    def drop_file(self, session: str, file: str) -> None:
        """Remove a file that its visitor has deleted."""
        for upload in self._of(session, file):
            if upload.is_whole and not upload.is_claimed:
                self.drop(upload)

    def claim(self, data: bytes) -> Upload | None:
        """Return the file that a stub names, which then stays until the caller drops it.

        Return None if `data` is no stub. Raise `InvalidInput` if the file is gone.
        """
        found = STUB.fullmatch(data)
        if found is None:
            return None
        with self._lock:
            for upload in self._held:
                if upload.token == found[1].decode() and not upload.is_claimed:
                    upload.is_claimed = True
                    return upload
        raise InvalidInput(
            "The file is no longer here: the page was disconnected for too long. Choose it again."
        )

    def new_path(self) -> Path:
        """Return a path for a new file, in a folder that only this user can read."""
        return self._folder.path / secrets.token_hex(16)

    def sweep(
        self, is_active: Callable[[str], bool], is_known: Callable[[str, str], bool]
    ) -> Sequence[Upload]:
        """Remove and return the files that are no longer usable.

        Those are files that Streamlit has forgotten, and files of a session whose visitor has
        been away for too long. `is_active` takes a session's id, `is_known` that and a file's.
        """
        now = time.monotonic()
        with self._lock:
            kept = [each for each in self._held if each.is_whole and not each.is_claimed]
        for each in kept:
            each.left = None if is_active(each.session) else each.left or now
            each.forgotten = None if is_known(each.session, each.file) else each.forgotten or now
        old = [each for each in kept if self._is_over(each, now)]
        for each in old:
            self.drop(each)
        return old

    def _is_over(self, upload: Upload, now: float) -> bool:
        is_left = upload.left and now - upload.left >= self._bounds.unused_upload_seconds
        is_forgotten = upload.forgotten and now - upload.forgotten >= MAX_FORGOTTEN_SECONDS
        return bool(is_left or is_forgotten)

    def _of(self, session: str, file: str) -> Sequence[Upload]:
        with self._lock:
            return [each for each in self._held if (each.session, each.file) == (session, file)]

    def _check(self, upload: Upload, count: int) -> None:
        """Raise `UploadRefused` if `count` more bytes are too much."""
        of_session = [each for each in self._held if each.session == upload.session]
        of_visitor = [each for each in self._held if each.visitor == upload.visitor]
        for held, max_bytes, refusal in (
            (of_session, self._bounds.uploaded_bytes_per_session, FULL_SESSION),
            (of_visitor, self._bounds.uploaded_bytes_per_visitor, FULL_VISITOR),
            (self._held, self._bounds.uploaded_bytes, FULL_SERVER),
        ):
            # These include what has been counted of this file so far.
            if sum(each.size for each in held) + count > max_bytes:
                raise UploadRefused(refusal.replace(most=max_bytes // 1_000_000))


def uploads() -> Uploads:
    """Return the uploads of this server."""
    return server_state.get_or_create("uploads", partial(Uploads, limits()))


# What the page does with a file


def content(file: UploadedFile) -> bytes:
    """Return the bytes of a file that is sent with a question, and remove the upload.

    Raise `InvalidInput` if it is too large for that, or gone.
    """
    data = file.getvalue()
    upload = uploads().claim(data)
    if upload is None:
        return data
    max_bytes = limits().document_bytes
    try:
        if upload.path.stat().st_size > max_bytes:
            words = Sentence(
                "“{name}” is larger than {most} MB. Save the part that matters as a separate "
                "file, and add that; files with chats are imported under Import and export.",
                name=file.name,
                most=max_bytes // 1_000_000,
            )
            raise InvalidInput(words)
        return upload.path.read_bytes()
    finally:
        uploads().drop(upload)


def hand_over(file: UploadedFile) -> tuple[Path, Callable[[], object]]:
    """Return the path of a file to import, and a function that removes it afterwards.

    Raise `InvalidInput` if it is gone.
    """
    data = file.getvalue()
    upload = uploads().claim(data)
    if upload is None:
        path = uploads().new_path()
        path.write_bytes(data)
        return path, partial(path.unlink, missing_ok=True)
    _forget(upload)
    return upload.path, partial(uploads().drop, upload)


def sweep() -> None:
    """Remove the files that are no longer usable, also from Streamlit's memory."""
    if Runtime.exists():
        runtime = Runtime.instance()
        for upload in uploads().sweep(runtime.is_active_session, _is_known):
            _forget(upload)


def _is_known(session: str, file: str) -> bool:
    """Return whether Streamlit still has the stub of a file."""
    return bool(Runtime.instance().uploaded_file_mgr.get_files(session, [file]))


def _forget(upload: Upload) -> None:
    """Have Streamlit forget the stub of a file."""
    manager = Runtime.instance().uploaded_file_mgr
    # This is the class that the server uses; the one of `AppTest` cannot remove a file.
    if isinstance(manager, MemoryUploadedFileManager):
        manager.remove_file(upload.session, upload.file)
