"""The tree of a conversation's messages: versions, branches, and the path to a leaf.

Questions with the same parent are versions of each other, and so are answers to the
same question. There is no input or output, and no recursion, because a conversation may
be thousands of messages deep.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Node:
    """A message's position in the tree. Times are in seconds since 1970."""

    id: str
    parent: str | None
    role: str
    asked: float
    seen: float | None = None
    cost: float | None = None


class Tree:
    """All messages of a conversation that are not in the trash."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self._nodes = {node.id: node for node in sorted(nodes, key=lambda n: (n.asked, n.id))}
        self._children: dict[str | None, list[str]] = {}
        for node in self._nodes.values():
            self._children.setdefault(node.parent, []).append(node.id)

    def __contains__(self, message: str) -> bool:
        return message in self._nodes

    @property
    def cost(self) -> float | None:
        """Return the sum of the costs of all messages, or None if none is known."""
        known = [node.cost for node in self._nodes.values() if node.cost is not None]
        return sum(known) if known else None

    def parent(self, message: str) -> str | None:
        return self._nodes[message].parent

    def versions(self, message: str) -> Sequence[str]:
        """Return the versions of a message, oldest first."""
        node = self._nodes[message]
        return [each for each in self.children(node.parent) if self._nodes[each].role == node.role]

    def children(self, message: str | None) -> Sequence[str]:
        """Return the messages directly below one; below None, the first ones."""
        return self._children.get(message, [])

    def path(self, leaf: str | None) -> Sequence[str]:
        """Return the messages from the first one to the leaf."""
        found: list[str] = []
        while leaf in self._nodes:
            found.append(leaf)
            leaf = self._nodes[leaf].parent
        return found[::-1]

    def below(self, message: str) -> Sequence[str]:
        """Return a message and all below it."""
        found, waiting = [], [message]
        while waiting:
            found.append(waiting.pop())
            waiting.extend(self.children(found[-1]))
        return found

    def leaf_below(self, message: str) -> str:
        """Return the leaf below a message that was seen last, or the newest if none was seen."""
        leaves = [each for each in self.below(message) if not self.children(each)]
        return max(leaves, key=lambda each: (self._nodes[each].seen or 0, self._nodes[each].asked))

    def newest_leaf(self) -> str | None:
        """Return the leaf below the newest of the first messages, or None in an empty tree."""
        tops = self.children(None)
        return self.leaf_below(tops[-1]) if tops else None

    def leaf_without(self, message: str) -> str | None:
        """Return the leaf to show when a message is deleted.

        It is below another version of the message, or it is the message before it.
        """
        others = [each for each in self.versions(message) if each != message]
        if others:
            return self.leaf_below(others[-1])
        return self.parent(message)


def from_above(parents: Mapping[str, str | None]) -> Sequence[str]:
    """Return messages in an order in which each comes after its parent, from each one's parent.

    One whose parent is missing counts as a first one; messages in a cycle are left out.
    """
    below: dict[str | None, list[str]] = {}
    for each, parent in parents.items():
        below.setdefault(parent if parent in parents else None, []).append(each)
    order = list(below.get(None, []))
    for each in order:
        # The list grows while it is iterated: children are appended after all known messages.
        order += below.get(each, [])
    return order
