"""Which message follows which: check that the messages form a tree, and walk it.

A chat may have ten thousand messages in a row, so nothing here is recursive, and each
message is visited once.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from liaobots.formats.checked_value import CheckedValue
from liaobots.locale import Sentence
from liaobots.storage.bundle import ExportedMessage


@dataclass(frozen=True)
class Link:
    """A message's id, the id of its parent or None, and the value in the file."""

    id: str
    parent: str | None
    value: CheckedValue


def check(links: Sequence[Link], id_name: str, parent_name: str) -> Mapping[str, str | None]:
    """Return the parents by id. Raise `InvalidInput` if the links form no tree.

    `id_name` and `parent_name` are the names of these members in the file, for errors.
    """
    parents: dict[str, str | None] = {}
    for link in links:
        if link.id in parents:
            raise link.value.at(id_name).mismatch(Sentence("an id that no other turn has"))
        parents[link.id] = link.parent
    for link in links:
        if link.parent is not None and link.parent not in parents:
            raise link.value.at(parent_name).mismatch(Sentence("the id of another turn"))
    for link in links_in_cycles(links, parents):
        raise link.value.at(parent_name).mismatch(
            Sentence("a turn that does not stand below this one")
        )
    return parents


def links_in_cycles(links: Iterable[Link], parents: Mapping[str, str | None]) -> Iterable[Link]:
    """Yield a link of each cycle: from it, the chain of parents does not end."""
    seen: dict[str, Link] = {}
    for link in links:
        each: str | None = link.id
        while each is not None and each not in seen:
            seen[each] = link
            each = parents[each]
        if each is not None and seen[each] is link:
            yield link


def nearest(parents: Mapping[str, str | None], kept: Set[str]) -> Mapping[str | None, str | None]:
    """Return for each id the nearest one in `kept`: itself or an ancestor, or None."""
    found: dict[str | None, str | None] = {None: None}
    found.update((each, each) for each in kept)
    for start in parents:
        passed: list[str] = []
        each: str | None = start
        while each is not None and each not in found:
            passed.append(each)
            each = parents[each]
        found.update(dict.fromkeys(passed, found[each]))
    return found


def newest_leaf(turns: Sequence[ExportedMessage]) -> str | None:
    """Return the id of the leaf with the latest time; of equal ones, the last in the file."""
    inner = {turn.parent for turn in turns}
    leaves = [turn for turn in reversed(turns) if turn.id not in inner]
    return max(leaves, key=lambda turn: turn.asked).id if leaves else None


def path(turns: Sequence[ExportedMessage], leaf: str | None) -> Sequence[ExportedMessage]:
    """Return the messages from the first one to the leaf."""
    remaining = {turn.id: turn for turn in turns}
    found: list[ExportedMessage] = []
    while leaf in remaining:
        found.append(remaining.pop(leaf))
        leaf = found[-1].parent
    return found[::-1]
