"""A question that waits for its files to be read.

It is sent to the chat in which it was submitted, whatever the visitor looks at by then.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from liaobots.errors import LiaobotsError
from liaobots.ui import attachments
from liaobots.ui.attachments import Attachment
from liaobots.ui.file_reader import FileReader

# Asks a question in the chat in which it was submitted. Raises `LiaobotsError` if it cannot.
Send = Callable[[str], None]


@dataclass
class PendingQuestion:
    """A question with its files. `errors` say why it can only be put back."""

    typed: str
    files: list[Attachment | FileReader]
    send: Send
    errors: list[LiaobotsError] = field(default_factory=list)
    is_settled: bool = False

    @property
    def readers(self) -> list[FileReader]:
        """Return the files that are not read yet."""
        return [file for file in self.files if isinstance(file, FileReader)]

    @property
    def attachments(self) -> list[Attachment]:
        """Return the files that are read."""
        return [file for file in self.files if isinstance(file, Attachment)]

    @property
    def is_ready(self) -> bool:
        """Return whether all files were read, or could not be."""
        # All of them are polled: a file that is not polled for some time is cancelled.
        return [reader.is_over for reader in self.readers].count(False) == 0

    def settle(self) -> None:
        """Send the question, or note why it cannot be sent. A second call changes nothing."""
        if self.is_settled:
            return
        self.files = [each for file in self.files if (each := self._read(file))]
        question = attachments.joined(self.typed, self.attachments).strip()
        if question and not self.errors:
            try:
                self.send(question)
            except LiaobotsError as error:
                self.errors.append(error)
        self.is_settled = True

    def stop(self) -> None:
        """Cancel the files that are not read yet."""
        for each in self.readers:
            each.cancel()
        self.files = [*self.attachments]

    def _read(self, file: Attachment | FileReader) -> Attachment | None:
        """Return the text of a file, or None if it could not be read, which is then noted."""
        try:
            return file if isinstance(file, Attachment) else file.attachment()
        except LiaobotsError as error:
            self.errors.append(error)
            return None
