"""Files that visitors have uploaded: where they lie, whose they are, and for how long.

They lie on the disk. Streamlit keeps a short stub of each in its place, which
names the file by a word that nobody can guess.
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
from liaobots.ui import server_state, texts
from liaobots.ui.private_folder import PrivateFolder

STUB = re.compile(rb"liaobots-upload:([\w-]{43})")
# What a file costs beside its bytes: names, and the block of the disk.
FILE_BYTES = 16_384
# Streamlit forgets the files of a question just before the question is handed in.
FORGOTTEN_SECONDS = 20.0


class UploadRefused(InvalidInput):
    """A file may not be uploaded; `status` is the one of HTTP."""

    def __init__(self, words: str, status: int = 413) -> None:
        super().__init__(words)
        self.status = status


class UploadedFile(Protocol):
    """A file as Streamlit gives it to the page."""

    name: str

    def getvalue(self) -> bytes: ...


@dataclass(eq=False)
class Upload:
    """A file of a session, as far as it has come."""

    session: str
    file: str
    visitor: str
    path: Path
    size: int = 0
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    is_whole: bool = False
    # Whoever works on it drops it.
    is_claimed: bool = False
    # Since when its visitor is away, or Streamlit has forgotten it.
    left: float | None = None
    forgotten: float | None = None

    @property
    def stub(self) -> bytes:
        return b"liaobots-upload:" + self.token.encode()


class Uploads:
    """All files that were uploaded and are not used yet, within the limits."""

    def __init__(self, bounds: Limits) -> None:
        self._bounds = bounds
        self._folder = PrivateFolder()
        self._held: list[Upload] = []
        self._lock = threading.RLock()
        server_state.at_end(self._folder.remove)

    def begin(self, session: str, file: str, visitor: str, expected: int) -> Upload:
        """Note a file that begins to come. Raise `UploadRefused` if it may not."""
        upload = Upload(session, file, visitor, self.new_path())
        with self._lock:
            coming = [each for each in self._held if not each.is_whole]
            mine = sum(each.visitor == visitor for each in coming)
            if mine >= self._bounds.uploads_at_once_per_visitor:
                raise UploadRefused(texts.UPLOADS_OF_YOURS, 429)
            if len(coming) >= self._bounds.uploads_at_once:
                raise UploadRefused(texts.UPLOADS_OF_ALL, 429)
            self._check(upload, FILE_BYTES + expected)
            upload.size = FILE_BYTES
            self._held.append(upload)
        return upload

    def grow(self, upload: Upload, count: int) -> None:
        """Note that so many bytes more have come. Raise `UploadRefused` if that is too much."""
        with self._lock:
            self._check(upload, count)
            upload.size += count

    def finish(self, upload: Upload) -> None:
        """Note that a file has come. It takes the place of an earlier one of that name."""
        with self._lock:
            for other in self._of(upload.session, upload.file):
                if other is not upload and other.is_whole and not other.is_claimed:
                    self.drop(other)
            upload.is_whole = True

    def drop(self, upload: Upload) -> None:
        """Remove a file, and give its budget back."""
        with self._lock:
            if upload in self._held:
                self._held.remove(upload)
        upload.path.unlink(missing_ok=True)

    def drop_file(self, session: str, file: str) -> None:
        """Remove a file that its visitor has taken back."""
        for upload in self._of(session, file):
            if upload.is_whole and not upload.is_claimed:
                self.drop(upload)

    def claim(self, data: bytes) -> Upload | None:
        """Return the file that a stub stands for; it stays until it is dropped.

        Return None for what is no stub. Raise `InvalidInput` if the file is gone.
        """
        found = STUB.fullmatch(data)
        if found is None:
            return None
        with self._lock:
            for upload in self._held:
                if upload.token == found[1].decode() and not upload.is_claimed:
                    upload.is_claimed = True
                    return upload
        raise InvalidInput(texts.UPLOAD_GONE)

    def new_path(self) -> Path:
        """Return a place for a new file, which nobody else can read."""
        return self._folder.path / secrets.token_hex(16)

    def sweep(
        self, is_active: Callable[[str], bool], is_known: Callable[[str, str], bool]
    ) -> Sequence[Upload]:
        """Remove and return what nobody can use any more.

        That is what Streamlit has forgotten, and what belongs to a session whose
        visitor has been away for too long.
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
        is_forgotten = upload.forgotten and now - upload.forgotten >= FORGOTTEN_SECONDS
        return bool(is_left or is_forgotten)

    def _of(self, session: str, file: str) -> Sequence[Upload]:
        with self._lock:
            return [each for each in self._held if (each.session, each.file) == (session, file)]

    def _check(self, upload: Upload, count: int) -> None:
        of_session = [each for each in self._held if each.session == upload.session]
        of_visitor = [each for each in self._held if each.visitor == upload.visitor]
        for held, most, words in (
            (of_session, self._bounds.uploaded_bytes_per_session, texts.UPLOADS_FULL_HERE),
            (of_visitor, self._bounds.uploaded_bytes_per_visitor, texts.UPLOADS_FULL_OF_YOURS),
            (self._held, self._bounds.uploaded_bytes, texts.UPLOADS_FULL),
        ):
            # A file that comes has its own size among these.
            if sum(each.size for each in held) + count > most:
                raise UploadRefused(words.format(most=most // 1_000_000))


def uploads() -> Uploads:
    """Return the uploads of this server."""
    return server_state.get_or_create("uploads", partial(Uploads, limits()))


# What the page does with a file


def content(file: UploadedFile) -> bytes:
    """Return the bytes of a file that goes along with a question, which frees its place.

    Raise `InvalidInput` if it is larger than such a file may be, or gone.
    """
    data = file.getvalue()
    upload = uploads().claim(data)
    if upload is None:
        return data
    most = limits().document_bytes
    try:
        if upload.path.stat().st_size > most:
            words = texts.FILE_TOO_LARGE.format(name=file.name, most=most // 1_000_000)
            raise InvalidInput(words)
        return upload.path.read_bytes()
    finally:
        uploads().drop(upload)


def hand_over(file: UploadedFile) -> tuple[Path, Callable[[], object]]:
    """Return the place of a file that is imported, and what is to be called after that.

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
    """Remove the files that nobody can use any more, also from Streamlit's memory."""
    if Runtime.exists():
        runtime = Runtime.instance()
        for upload in uploads().sweep(runtime.is_active_session, _is_known):
            _forget(upload)


def _is_known(session: str, file: str) -> bool:
    return bool(Runtime.instance().uploaded_file_mgr.get_files(session, [file]))


def _forget(upload: Upload) -> None:
    """Let Streamlit forget the stub of a file."""
    manager = Runtime.instance().uploaded_file_mgr
    # The one of the server; those of tests have no way to remove a file.
    if isinstance(manager, MemoryUploadedFileManager):
        manager.remove_file(upload.session, upload.file)
