"""What one visitor, one address and all visitors together may cost this server.

Every bound stands here, with its reason. A host sets others in the environment:
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
    """The bounds of this server. Times are seconds, sizes bytes, unless the name says otherwise."""

    # Sockets. Whoever types into the search as fast as a browser takes it sends 2 messages in a
    # second at most, whoever clicks as fast as one can 7 (measured in Chromium); an idle page sends
    # one each two seconds. The event loop needs about 0.1 ms for each.
    socket_messages_per_second: int = 100
    # Below that, what goes on for longer waits for its turn: each may draw the page again.
    socket_steady_messages_per_second: int = 20
    # A burst of one largest message is free.
    socket_bytes_per_second: int = 2_000_000
    # The largest message is a question, which may be as long as the largest model takes.
    socket_message_bytes: int = 20_000_000
    # Bytes of messages that have begun and not ended, of all sockets together: they lie in memory.
    unfinished_message_bytes: int = 60_000_000
    # A school or an office shares one address.
    sockets_per_address: int = 400
    # So many idle pages send 200 messages in a second. What is above waits for its turn.
    address_messages_per_second: int = 500
    # Each message may run the page once, which takes some 40 ms of a core. Who sends more than a
    # reader does shares this rate with all others who do; the rest never wait for them.
    socket_light_messages_per_second: int = 2
    socket_light_messages_burst: int = 30
    busy_messages_per_second: int = 20
    # Streamlit keeps the state of visitors who left, for those whose connection comes back.
    sessions_kept: int = 128

    # Uploads lie on the disk. The import takes a file of 100 MB, and a question some of 20 MB.
    uploaded_bytes_per_session: int = 120_000_000
    uploaded_bytes_per_visitor: int = 150_000_000
    uploaded_bytes: int = 600_000_000
    # Browsers send six files at a time to one host, and through some proxies all at once.
    uploads_at_once_per_visitor: int = 24
    uploads_at_once: int = 200
    # A slow phone sends ten times as much. The first seconds are for its network to wake up.
    upload_bytes_per_second: int = 10_000
    upload_start_seconds: int = 30
    # A phone that sleeps for a moment keeps its files.
    unused_upload_seconds: int = 45

    # Files are read in processes of their own, a few at once, the others in a queue. One visitor
    # has all but one of the processes at most, and a share of the queue.
    documents_at_once: int = 2
    documents_waiting: int = 50
    documents_waiting_per_visitor: int = 10
    document_bytes: int = 20_000_000
    # A book of 500 pages takes about 10 s.
    document_processor_seconds: int = 20
    document_memory_bytes: int = 512_000_000
    document_pages: int = 500
    # What is shared by pages counts for each of them, for it is read for each of them. A megabyte
    # takes about 0.1 s.
    document_unpacked_bytes: int = 200_000_000
    # Steps of drawing. A small file can have very many, for its pages may all draw the same.
    document_operators: int = 2_000_000
    # More than any model takes.
    document_characters: int = 10_000_000

    # Imports hold the database now and then, and the reader's process a core.
    imports_at_once: int = 2
    imports_per_visitor: int = 1
    # Each waits with a file of up to 100 MB on the disk.
    imports_waiting: int = 10
    # 100 MB of a real export take 3 s; a file made to be slow takes minutes.
    import_processor_seconds: int = 60
    # The reader holds one chat, of at most 48 MB, beside some 30 MB of its own.
    import_memory_bytes: int = 256_000_000

    # Answers. Each is a thread and a connection to the service.
    answers: int = 256
    answers_per_visitor: int = 32
    answers_per_visitor_per_minute: int = 120
    # A school shares one address, and a class asks at once.
    answers_per_address: int = 128
    # So many places are kept for visitors who have no answer running, but no more than half
    # of all.
    answers_reserved: int = 32
    # Where all places are taken, an answer gives way that had no text for so long. A model may
    # think for minutes, so that none ends for this while there is room.
    silent_answer_seconds: int = 120

    # Chats that wait in memory until the database can be written. Past this, questions are
    # refused: what waits goes with the server.
    chats_waiting: int = 2_000

    # Readers of balances and of lists of models, each a thread that waits for the service.
    account_readers: int = 32
    account_seconds: int = 10


@cache
def limits() -> Limits:
    """Return the limits of this process. Raise `InvalidInput` if the setting is wrong."""
    return read(os.environ.get(SETTING, ""))


def read(setting: str) -> Limits:
    """Return the limits that `setting` names, and the usual ones beside them.

    Raise `InvalidInput` for an unknown name, or a value that is no positive whole number.
    """
    return Limits(**dict(_pairs(setting)))


def _pairs(setting: str) -> Iterator[tuple[str, int]]:
    known = {field.name for field in fields(Limits)}
    for pair in filter(None, (each.strip() for each in setting.split(","))):
        name, _, number = (part.strip() for part in pair.partition("="))
        if name not in known:
            raise InvalidInput(
                f"{SETTING} names “{name[:40]}”, which is no limit. "
                f"The limits are {', '.join(sorted(known))}."
            )
        if not number.replace("_", "").isdecimal() or int(number) < 1:
            raise InvalidInput(
                f"{SETTING} sets {name} to “{number[:40]}”. Write a whole number above zero."
            )
        yield name, int(number)
