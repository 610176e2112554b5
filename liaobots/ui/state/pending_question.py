"""A question that waits for its files to be read.

It is sent to the chat in which it was submitted, whatever the visitor looks at by then.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from liaobots.errors import LiaobotsError
from liaobots.generation.backend import Backend
from liaobots.generation.context_window import ContextLimit
from liaobots.ui import attachments
from liaobots.ui.attachments import Attachment
from liaobots.ui.file_reader import FileReader
from liaobots.ui.state.open_chat import OpenChat


@dataclass(frozen=True)
class QuestionContext:
    """All that the visitor has chosen for a question, as it is when they submit it.

    The question may be asked later, when the visitor has chosen other things.
    """

    opened: OpenChat | None
    owner: str
    model: str
    backend: Backend
    also_ask: Sequence[str]
    instructions: str
    is_temporary: bool
    context_limit: ContextLimit


@dataclass
class PendingQuestion:
    """A question with its files. It `is_refused` if it can only be put back, as `errors` say."""

    typed: str
    files: list[Attachment | FileReader]
    context: QuestionContext
    errors: list[LiaobotsError] = field(default_factory=list)
    is_refused: bool = False

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

    def take_texts(self) -> str:
        """Return the question with its files, which are read. Note which could not be."""
        self.files = [each for file in self.files if (each := self._read(file))]
        return attachments.joined(self.typed, self.attachments).strip()

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
