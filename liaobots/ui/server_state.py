"""What this server keeps in memory for all its visitors, for as long as it runs.

A module's global is lost when a watched file is edited, and a cached resource
when a visitor clears the caches. A module that exists in `sys.modules` alone
outlives both. What it holds may then be of an older version of a class, so it
must not be tested with `isinstance`.
"""

import atexit
import gc
import sys
import threading
from collections.abc import Callable
from types import ModuleType
from typing import TypeVar

from liaobots.generation.account_readers import AccountReaders
from liaobots.limits import limits

T = TypeVar("T")

_HELD = sys.modules.setdefault("_liaobots_chat_server", ModuleType("_liaobots_chat_server"))
_LOCK: threading.RLock = _HELD.__dict__.setdefault("lock", threading.RLock())

# How many new objects there are until Python searches them for reference cycles. With its
# default of 700, a third of the processor's time went into that: each frame of an answer
# makes cycles.
GC_THRESHOLD = 50_000
# How long a thread runs before another may. With Python's default of 5 ms, a page waits that
# long at each of its hundreds of steps while another page draws something slow.
SWITCH_INTERVAL_SECONDS = 0.001


def tune_interpreter() -> None:
    """Tune Python for many visitors: what is loaded by now is never searched for garbage."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD)
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)


def get_or_create(name: str, make: Callable[[], T]) -> T:
    """Return the object with this name, which `make` makes the first time."""
    with _LOCK:
        if name not in _HELD.__dict__:
            _HELD.__dict__[name] = make()
        found: T = _HELD.__dict__[name]
        return found


def readers() -> AccountReaders:
    """Return the threads that read balances and lists of models."""
    return get_or_create(
        "readers", lambda: AccountReaders(limits().account_readers, limits().account_seconds)
    )


def at_end(action: Callable[[], None]) -> None:
    """Have `action` run when the server ends, whether by its lifespan or at exit."""
    with _LOCK:
        if not get_or_create("at end", list):
            atexit.register(end)
        get_or_create("at end", list[Callable[[], None]]).append(action)


def end() -> None:
    """Run, last first, what is to run when the server ends."""
    with _LOCK:
        actions = get_or_create("at end", list[Callable[[], None]])
        while actions:
            actions.pop()()


def reset() -> None:
    """Forget everything, as if the server had just started."""
    with _LOCK:
        for name in _HELD.__dict__.keys() - {"lock", *vars(ModuleType(""))}:
            del _HELD.__dict__[name]
