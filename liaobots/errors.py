"""The errors of this project, by what the reader can do about them.

LiaobotsError
├── InvalidInput           nothing was sent: correct the input (also a ValueError)
│   ├── AuthCodeMissing    no auth code, or one that cannot be sent: paste it
│   ├── LimitReached       a file exceeds a limit: use a smaller one
│   └── FileUnreadable     a file could not be read: repair it, or use another
├── JobCancelled           the reading of a file was cancelled, or its visitor left
├── AuthCodeRejected       the service does not accept the code: check it
├── OutOfCredit            the code has no credit left: top it up
├── RateLimited            too many requests: wait, then try again
├── CaptchaRequired        the service requires a captcha: open it in a browser
├── ServiceError           the service failed: try again, or use another model
├── ConnectionFailed       no answer: check the network and the address
│   └── AnswerInterrupted  the connection broke after the answer had begun
├── ServerBusy             too many answers or files at once: try again in a moment
└── StorageError           chats cannot be read or saved: check the database

Every message can be shown on the page: it says what happened and what to do next,
and holds neither the auth code nor HTML. It is a sentence with values, which `str`
words in English, and the page in the visitor's language. Each class has a stable
`code`, which databases and exports store.
"""

import threading
from collections.abc import Mapping
from typing import ClassVar

from liaobots.locale import Sentence
from liaobots.locale.sentence import Value

# Until layout 0004, databases stored the class names of that time instead of codes.
CODE_OF_FORMER_NAME = {
    "InputRefused": "invalid_input",
    "CodeMissing": "auth_code_missing",
    "CodeRefused": "auth_code_rejected",
    "CreditExhausted": "out_of_credit",
    "TooFast": "rate_limited",
    "HumanCheckWanted": "captcha_required",
    "ServiceFault": "service_error",
    "NoConnection": "connection_failed",
    "AnswerCut": "answer_interrupted",
    "ServerBusy": "server_busy",
    "StoreFault": "storage_error",
    "ProgramMistake": "internal_error",
}
# The code for a bug in the program, which is not raised as a `LiaobotsError`.
INTERNAL_ERROR = "internal_error"


# The file of which an error speaks; who knows its name says that instead.
THE_FILE = Sentence("The file")


class LiaobotsError(Exception):
    """The base of all errors of this project.

    `code` identifies the kind of error and never changes, even if the class is renamed.
    `message` is the sentence, given as a whole or with the values of its fields.
    """

    code: ClassVar[str] = "error"

    def __init__(self, message: str | Sentence, /, **values: Value) -> None:
        self.message = Sentence(message, **values) if isinstance(message, str) else message
        super().__init__(str(self.message))

    @property
    def values(self) -> Mapping[str, object]:
        """Return the values of the message and of the code, by name, such as `retry_after`."""
        return self.message.values


class InvalidInput(LiaobotsError, ValueError):
    """The input cannot be used; nothing was sent."""

    code = "invalid_input"


class AuthCodeMissing(InvalidInput):
    """There is no auth code, or it has characters that a header cannot carry."""

    code = "auth_code_missing"


class LimitReached(InvalidInput):
    """Reading a file exceeds a limit.

    `limit` names the limit: "processor time", "time", "memory" or "output".
    """

    code = "limit_reached"

    def __init__(self, message: str | Sentence, limit: str) -> None:
        super().__init__(message)
        self.limit = limit

    @property
    def values(self) -> Mapping[str, object]:
        return {**super().values, "limit": self.limit}


class FileUnreadable(InvalidInput):
    """The process that read a file ended without a result."""

    code = "file_unreadable"


class JobCancelled(LiaobotsError):
    """The reading of a file was cancelled, or its visitor left."""

    code = "job_cancelled"


class AuthCodeRejected(LiaobotsError):
    """The service answered 401 or 403."""

    code = "auth_code_rejected"


class OutOfCredit(LiaobotsError):
    """The service answered 402."""

    code = "out_of_credit"


class RateLimited(LiaobotsError):
    """The service answered 429.

    `retry_after` is the number of seconds to wait, or None if the service did not
    state it.
    """

    code = "rate_limited"

    def __init__(self, message: str | Sentence, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after

    @property
    def values(self) -> Mapping[str, object]:
        return {**super().values, "retry_after": self.retry_after}


class CaptchaRequired(LiaobotsError):
    """The service sent a web page in place of an answer.

    `link` is the address to open in a browser.
    """

    code = "captcha_required"

    def __init__(self, message: str | Sentence, link: str) -> None:
        super().__init__(message)
        self.link = link

    @property
    def values(self) -> Mapping[str, object]:
        return {**super().values, "link": self.link}


class ServiceError(LiaobotsError):
    """The service failed, or sent something other than an answer."""

    code = "service_error"


class ConnectionFailed(LiaobotsError):
    """The service could not be reached, or sent nothing in time."""

    code = "connection_failed"


class AnswerInterrupted(ConnectionFailed):
    """The answer broke off; the text before that was delivered."""

    code = "answer_interrupted"


class ServerBusy(LiaobotsError):
    """The server already writes or reads as many answers or files as it may."""

    code = "server_busy"


class StorageError(LiaobotsError):
    """The database cannot be opened, read or written."""

    code = "storage_error"


def report_mistake(error: Exception) -> None:
    """Pass a bug's exception to `threading.excepthook`, as if it had not been caught."""
    threading.excepthook(threading.ExceptHookArgs((type(error), error, error.__traceback__, None)))
