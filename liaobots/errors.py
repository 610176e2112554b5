"""What can go wrong, told apart by what the reader can do about it.

LiaobotsError
├── InvalidInput           nothing was sent: correct the input (also a ValueError)
│   ├── AuthCodeMissing    no auth code, or one that cannot be sent: paste it
│   ├── LimitReached       a file costs more to read than it may: take less of it
│   └── FileUnreadable     what reads a file failed: repair the file, or take another
├── JobCancelled           the reading of a file was stopped, or its visitor left
├── AuthCodeRejected       the service does not accept the code: check it
├── OutOfCredit            the code has no credit left: top it up
├── RateLimited            wait, then ask again
├── CaptchaRequired        open the service in a browser once
├── ServiceError           the service failed: try again, or another model
├── ConnectionFailed       nothing came: check the network and the address
│   └── AnswerInterrupted  the connection broke after the answer had begun
├── ServerBusy             too many answers or files at once: try again in a moment
└── StorageError           chats cannot be read or stored: check the database

Every message is fit to be shown on the page: it says what happened and what to
do next, and holds neither the auth code nor HTML. Each class has a stable
`code`, which is what databases and exports keep, and `values` that belong to it.
"""

import threading
from collections.abc import Mapping
from typing import ClassVar

# What was kept instead of codes until layout 0004: the names that the classes had then.
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
# The code of a mistake of the program itself, which is no error that anybody raises on purpose.
INTERNAL_ERROR = "internal_error"


class LiaobotsError(Exception):
    """The base of all errors of this project.

    `code` names the kind of error for good, whatever the class is called.
    """

    code: ClassVar[str] = "error"

    @property
    def values(self) -> Mapping[str, object]:
        """Return what belongs to the code, by name, such as `retry_after`."""
        return {}


class InvalidInput(LiaobotsError, ValueError):
    """What was given cannot be used; nothing was sent."""

    code = "invalid_input"


class AuthCodeMissing(InvalidInput):
    """There is no auth code, or it has characters that no header can carry."""

    code = "auth_code_missing"


class LimitReached(InvalidInput):
    """Reading a file costs more than it may.

    `limit` names what was reached: "processor time", "time", "memory" or "output".
    """

    code = "limit_reached"

    def __init__(self, message: str, limit: str) -> None:
        super().__init__(message)
        self.limit = limit

    @property
    def values(self) -> Mapping[str, object]:
        return {"limit": self.limit}


class FileUnreadable(InvalidInput):
    """The process that read a file ended without a result."""

    code = "file_unreadable"


class JobCancelled(LiaobotsError):
    """The reading of a file was cancelled, or nobody waited for it any more."""

    code = "job_cancelled"


class AuthCodeRejected(LiaobotsError):
    """The service answered 401 or 403."""

    code = "auth_code_rejected"


class OutOfCredit(LiaobotsError):
    """The service answered 402."""

    code = "out_of_credit"


class RateLimited(LiaobotsError):
    """The service answered 429.

    `retry_after` is the number of seconds to wait, or None where the service
    named none.
    """

    code = "rate_limited"

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after

    @property
    def values(self) -> Mapping[str, object]:
        return {"retry_after": self.retry_after}


class CaptchaRequired(LiaobotsError):
    """The service sent a web page where an answer should be.

    `link` is the address to open in a browser.
    """

    code = "captcha_required"

    def __init__(self, message: str, link: str) -> None:
        super().__init__(message)
        self.link = link

    @property
    def values(self) -> Mapping[str, object]:
        return {"link": self.link}


class ServiceError(LiaobotsError):
    """The service failed, or sent something that is no answer."""

    code = "service_error"


class ConnectionFailed(LiaobotsError):
    """The service could not be reached, or sent no byte in time."""

    code = "connection_failed"


class AnswerInterrupted(ConnectionFailed):
    """The answer broke off; the pieces before the break were given already."""

    code = "answer_interrupted"


class ServerBusy(LiaobotsError):
    """The server writes as many answers, or reads as many files, already as it may."""

    code = "server_busy"


class StorageError(LiaobotsError):
    """The database cannot be opened, read or written."""

    code = "storage_error"


def report_mistake(error: Exception) -> None:
    """Hand a mistake of the program to the thread's excepthook, as if it had not been caught."""
    threading.excepthook(threading.ExceptHookArgs((type(error), error, error.__traceback__, None)))
