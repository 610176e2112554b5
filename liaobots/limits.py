"""The limits on what one visitor, one address and all visitors may cost this server.

Each limit has its reason next to it. An operator sets others in the environment:
`LIAOBOTS_LIMITS="answers_at_once=8, uploaded_bytes=200_000_000"`.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache

from liaobots.errors import InvalidInput

SETTING = "LIAOBOTS_LIMITS"


@dataclass(frozen=True)
class Limits:
    """The limits of this server. Times are in seconds, sizes in bytes."""

    # Sockets. Measured in Chromium, fast typing in the search sends at most 2 messages per second
    # and fast clicking 7; an idle page sends one every two seconds. The event loop needs about
    # 0.1 ms for each.
    socket_messages_per_second: int = 100
    # Above this rate, a socket's messages wait, as each may run the page again.
    socket_steady_messages_per_second: int = 20
    # A burst of one message of the largest size is allowed.
    socket_bytes_per_second: int = 2_000_000
    # The largest message is a question, which may fill the context window of the largest model:
    # two million tokens have about 8 MB. The server holds several copies of a message.
    socket_message_bytes: int = 8_000_000
    # A visitor's messages may wait for their turn after a burst. A socket that sends faster than
    # its messages have their turn for so long without a break is closed.
    socket_backlog_seconds: int = 10
    # Incomplete messages of all sockets together, as they are held in memory.
    unfinished_message_bytes: int = 40_000_000
    # A school or an office may share one address.
    sockets_per_address: int = 400
    # That many idle pages send 200 messages per second. Messages above this rate wait.
    address_messages_per_second: int = 500
    # Each message may run the page once, which takes about 40 ms of a core. Sockets that send more
    # than a reader does (the light rate) share the busy rate; the others never wait for them.
    socket_light_messages_per_second: int = 2
    socket_light_messages_burst: int = 10
    busy_messages_per_second: int = 20
    # Streamlit keeps the state of disconnected visitors, in case they reconnect.
    sessions_kept: int = 128

    # Uploads are on the disk. The import accepts a file of 100 MB, and a question files of 20 MB.
    uploaded_bytes_per_session: int = 120_000_000
    uploaded_bytes_per_visitor: int = 150_000_000
    uploaded_bytes: int = 600_000_000
    # Browsers send six files at a time to one host, but through some proxies all at once.
    uploads_at_once_per_visitor: int = 24
    uploads_at_once: int = 200
    # A slow phone sends ten times as fast. Its network may need the first seconds to wake up.
    upload_bytes_per_second: int = 10_000
    upload_start_seconds: int = 30
    # A phone that sleeps for a moment must not lose its files.
    unused_upload_seconds: int = 45

    # Files are read in separate processes, a few at once; the others wait in a queue. One visitor
    # may use all but one of the processes, and a share of the queue.
    documents_at_once: int = 2
    documents_waiting: int = 50
    documents_waiting_per_visitor: int = 10
    document_bytes: int = 20_000_000
    # A book of 500 pages takes about 10 s.
    document_processor_seconds: int = 20
    document_memory_bytes: int = 512_000_000
    document_pages: int = 500
    # Content that pages share counts for each page, as it is read for each. A megabyte takes
    # about 0.1 s.
    document_unpacked_bytes: int = 200_000_000
    # Drawing operators. A small file can have very many, as its pages may share them.
    document_operators: int = 2_000_000
    # More than any model takes.
    document_characters: int = 10_000_000

    # An import locks the database now and then, and its process uses a core.
    imports_at_once: int = 2
    imports_per_visitor: int = 1
    # Each waiting import has a file of up to 100 MB on the disk.
    imports_waiting: int = 10
    # A real export of 100 MB takes 3 s; a malicious file takes minutes.
    import_processor_seconds: int = 60
    # The process holds one chat of at most 48 MB, and needs about 30 MB itself.
    import_memory_bytes: int = 256_000_000

    # Answers. Each is a thread and a connection to the service.
    answers: int = 256
    answers_per_visitor: int = 32
    answers_per_visitor_per_minute: int = 120
    # A school may share one address, and a class asks at the same time.
    answers_per_address: int = 128
    # Of `answers`, so many are reserved for visitors without a running answer, but at most
    # half of all.
    answers_reserved: int = 32
    # If all answers are in use, one that has had no text for so long is ended. A model may
    # reason for minutes, so no answer is ended for this otherwise.
    silent_answer_seconds: int = 120

    # Chats that wait in memory until the database can be written. Above this, questions are
    # refused: waiting chats are lost if the server stops.
    chats_waiting: int = 2_000

    # Threads that request balances and lists of models from the service.
    account_readers: int = 32
    account_seconds: int = 10


@cache
def limits() -> Limits:
    """Return the limits of this process. Raise `InvalidInput` if the setting is wrong."""
    return read(os.environ.get(SETTING, ""))


def read(setting: str) -> Limits:
    """Return the limits with the changes that `setting` names.

    Raise `InvalidInput` for an unknown name, or a value that is not a positive whole number.
    """
    return Limits(**dict(_pairs(setting)))


def _pairs(setting: str) -> Iterator[tuple[str, int]]:
    known = {field.name for field in fields(Limits)}
    for pair in filter(None, (each.strip() for each in setting.split(","))):
        name, _, number = (part.strip() for part in pair.partition("="))
        if name not in known:
            raise InvalidInput(
                "{setting} names “{name}”, which is no limit. The limits are {known}.",
                setting=SETTING,
                name=name[:40],
                known=", ".join(sorted(known)),
            )
        if not number.replace("_", "").isdecimal() or int(number) < 1:
            raise InvalidInput(
                "{setting} sets {name} to “{number}”. Write a whole number above zero.",
                setting=SETTING,
                name=name,
                number=number[:40],
            )
        yield name, int(number)
