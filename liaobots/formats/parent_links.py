"""Which turn stands below which: looked into without recursion, each turn once.

A chat may be ten thousand turns deep.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from liaobots.formats.checked_value import CheckedValue
from liaobots.storage.bundle import ExportedMessage


@dataclass(frozen=True)
class Link:
    """A turn's id, that of the turn before it, and where the file says so."""

    id: str
    parent: str | None
    given: CheckedValue


def check(links: Sequence[Link], id_name: str, parent_name: str) -> Mapping[str, str | None]:
    """Gives the parents by id, and refuses what is no tree.

    The names are those under which the file has the id and the parent.
    """
    parents: dict[str, str | None] = {}
    for link in links:
        if link.id in parents:
            raise link.given.at(id_name).refusal("an id that no other turn has")
        parents[link.id] = link.parent
    for link in links:
        if link.parent is not None and link.parent not in parents:
            raise link.given.at(parent_name).refusal("the id of another turn")
    for link in links_on_circles(links, parents):
        raise link.given.at(parent_name).refusal("a turn that does not stand below this one")
    return parents


def links_on_circles(links: Iterable[Link], parents: Mapping[str, str | None]) -> Iterable[Link]:
    """Gives the links from which the way up leads in a circle."""
    seen: dict[str, Link] = {}
    for link in links:
        each: str | None = link.id
        while each is not None and each not in seen:
            seen[each] = link
            each = parents[each]
        if each is not None and seen[each] is link:
            yield link


def nearest(parents: Mapping[str, str | None], kept: Set[str]) -> Mapping[str | None, str | None]:
    """Gives for each id the nearest one that is kept, itself or above."""
    found: dict[str | None, str | None] = {None: None}
    found.update((each, each) for each in kept)
    for start in parents:
        way: list[str] = []
        each: str | None = start
        while each is not None and each not in found:
            way.append(each)
            each = parents[each]
        found.update(dict.fromkeys(way, found[each]))
    return found


def newest_leaf(turns: Sequence[ExportedMessage]) -> str | None:
    """Gives the turn with none below it that was asked last; of equals, the last one."""
    inner = {turn.parent for turn in turns}
    leaves = [turn for turn in reversed(turns) if turn.id not in inner]
    return max(leaves, key=lambda turn: turn.asked).id if leaves else None


def path(turns: Sequence[ExportedMessage], leaf: str | None) -> Sequence[ExportedMessage]:
    """Gives the turns from the first one to the leaf."""
    left = {turn.id: turn for turn in turns}
    found: list[ExportedMessage] = []
    while leaf in left:
        found.append(left.pop(leaf))
        leaf = found[-1].parent
    return found[::-1]
