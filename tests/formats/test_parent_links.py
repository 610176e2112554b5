"""The tree of messages, walked without recursion."""

from hypothesis import given
from hypothesis import strategies as st

from liaobots.formats import ExportedMessage
from liaobots.formats.checked_value import CheckedValue
from liaobots.formats.parent_links import Link, links_in_cycles, nearest, newest_leaf, path

PARENTS = st.dictionaries(st.integers(0, 9).map(str), st.none() | st.integers(0, 9).map(str)).map(
    lambda parents: {each: above if above in parents else None for each, above in parents.items()}
)


def climbed(parents: dict[str, str | None], start: str) -> list[str]:
    """Return the chain of parents, cut at the number of messages."""
    way: list[str] = []
    each: str | None = start
    while each is not None and len(way) <= len(parents):
        way.append(each)
        each = parents[each]
    return way


@given(PARENTS)
def test_cycles(parents: dict[str, str | None]) -> None:
    """A cycle is found if and only if some chain of parents does not end."""
    links = [Link(each, above, CheckedValue(None, each)) for each, above in parents.items()]
    is_endless = any(len(climbed(parents, each)) > len(parents) for each in parents)
    assert bool(list(links_in_cycles(links, parents))) is is_endless


@given(PARENTS, st.sets(st.integers(0, 9).map(str)))
def test_nearest(parents: dict[str, str | None], some: set[str]) -> None:
    """The nearest kept message is the first one in the chain of parents."""
    trees = {each: above for each, above in parents.items() if above is None or above < each}
    trees = {each: above if above in trees else None for each, above in trees.items()}
    kept = some & trees.keys()
    found = nearest(trees, kept)
    for each in trees:
        assert found[each] == next((step for step in climbed(trees, each) if step in kept), None)


def test_newest_leaf() -> None:
    """It is the leaf with the latest time; of equal ones, the last in the file."""
    turns = [
        ExportedMessage("a", None, "user", "", asked=9),
        ExportedMessage("b", "a", "assistant", "", asked=5),
        ExportedMessage("c", "a", "assistant", "", asked=5),
        ExportedMessage("d", "a", "assistant", "", asked=4),
    ]
    assert newest_leaf(turns) == "c"
    assert newest_leaf(turns[:3][::-1]) == "b"
    assert newest_leaf([]) is None


def test_path() -> None:
    """The path leads from the first message to the leaf, and ends even in a cycle."""
    turns = [
        ExportedMessage("b", "a", "user", ""),
        ExportedMessage("a", None, "user", ""),
        ExportedMessage("c", "a", "user", ""),
    ]
    assert [turn.id for turn in path(turns, "b")] == ["a", "b"]
    assert path(turns, "gone") == path(turns, None) == []
    assert (
        len(
            path(
                [ExportedMessage("a", "b", "user", ""), ExportedMessage("b", "a", "user", "")], "a"
            )
        )
        == 2
    )
