"""What sockets send is measured, wherever the stream is cut."""

import time

from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.frames import Opcode

from liaobots.limits import Limits
from liaobots.ui.asgi.socket_meter import AddressMeters, TokenBucket
from liaobots.ui.asgi.websocket_frames import FrameReader
from tests.support.flood import frame


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from([0, 1, 125, 126, 70_000]), st.booleans())), st.data())
def test_frames_are_read_wherever_they_are_cut(
    parts: list[tuple[int, bool]], data: st.DataObject
) -> None:
    """Sizes of frames and messages, with pings between, and what is unfinished."""
    stream, expected, message, is_begun = b"", [], 0, False
    for size, is_final in parts:
        opcode = Opcode.CONT if is_begun else Opcode.BINARY
        stream += frame(b"ping", Opcode.PING) + frame(bytes(size), opcode, is_final=is_final)
        message = size + (message if is_begun else 0)
        expected += [(4, 4), (size, message)]
        is_begun = not is_final
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=9)))
    reader, found = FrameReader(), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += [
            (each.payload_bytes, each.message_bytes) for each in reader.read(stream[start:end])
        ]
    assert found == expected
    assert reader.unfinished_bytes == (message if is_begun else 0)
    list(reader.read(frame(bytes(500), Opcode.CONT if is_begun else Opcode.BINARY)[:-1]))
    assert reader.unfinished_bytes == (message if is_begun else 0) + 499


def test_a_bucket_fills_again() -> None:
    """A burst is free, what is above waits, and what was taken comes back."""
    bucket = TokenBucket(rate=100, burst=5)
    assert not any(bucket.take() for _ in range(5))
    waits = [bucket.seconds_until_taken() for _ in range(10)]
    assert waits == sorted(waits)
    assert waits[-1] > 0.05
    time.sleep(0.2)
    assert not bucket.take()


def test_addresses_are_forgotten() -> None:
    """Those without a socket, when there are very many; those with one are not."""
    meters = AddressMeters(Limits(sockets_per_address=1))
    kept = meters.enter("kept")
    for number in range(30_000):
        meter = meters.enter(str(number))
        assert meter
        meter.sockets -= 1
    assert kept
    assert meters.enter("kept") is None
    assert meters.enter("29999")
