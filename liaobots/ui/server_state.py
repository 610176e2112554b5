"""What this server holds for all its visitors, for as long as it runs.

A module's global is lost when a watched file is edited, and a cached resource
when a visitor clears the caches. A module that exists in `sys.modules` alone
outlives both. What it holds may then be of an older class than the code's, so
that nobody should ask it with `isinstance`.
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


# New objects until Python looks for circles among them. By its own 700 a third
# of the processor's time went into looking: each frame of an answer makes circles.
CIRCLES = 50_000


def tune_gc() -> None:
    """Prepares this process for many visitors: what is loaded by now stays."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(CIRCLES)


def get_or_create(name: str, make: Callable[[], T]) -> T:
    """Gives what is held under this name, made once."""
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
    """Lets something be done when the server ends, in whichever way it gets to know."""
    with _LOCK:
        if not get_or_create("at end", list):
            atexit.register(end)
        get_or_create("at end", list[Callable[[], None]]).append(action)


def end() -> None:
    """Does what is to be done when the server ends."""
    with _LOCK:
        actions = get_or_create("at end", list[Callable[[], None]])
        while actions:
            actions.pop()()


def reset() -> None:
    """Forgets everything that is held, as a server that starts anew."""
    with _LOCK:
        for name in _HELD.__dict__.keys() - {"lock", *vars(ModuleType(""))}:
            del _HELD.__dict__[name]
