"""Trees of messages: versions, branches, leaves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liaobots.storage.tree import Node, Tree, from_above


def tree_of(*edges: str) -> Tree:
    """Return a tree from words such as "q1>a1": the second below the first, asked in order."""
    nodes = []
    for moment, edge in enumerate(edges):
        parent, _, own = edge.rpartition(">")
        role = "user" if own.startswith("q") else "assistant"
        nodes.append(Node(own, parent or None, role, float(moment)))
    return Tree(nodes)


@pytest.fixture
def branched() -> Tree:
    """Two versions of the first question; two answers to the first of them."""
    return tree_of("q1", "q1>a1", "a1>q2", "q2>a2", "q1>b1", "q3", "q3>a3")


def test_versions_stand_in_one_place(branched: Tree) -> None:
    """Same parent and same role, the first one first; the roots are versions too."""
    assert branched.versions("a1") == ["a1", "b1"]
    assert branched.versions("q3") == ["q1", "q3"]
    assert branched.versions("a2") == ["a2"]


def test_a_path_is_from_the_first_to_the_leaf(branched: Tree) -> None:
    """Rejected versions are not on it; an unknown leaf has none."""
    assert branched.path("a2") == ["q1", "a1", "q2", "a2"]
    assert branched.path("b1") == ["q1", "b1"]
    assert branched.path(None) == branched.path("nobody") == []


def test_the_way_back_leads_to_what_was_seen_last() -> None:
    """Of several leaves below a message the one seen last is shown, else the newest."""
    nodes = [
        Node("q1", None, "user", 0.0),
        Node("a1", "q1", "assistant", 1.0, seen=9.0),
        Node("a2", "q1", "assistant", 2.0),
    ]
    assert Tree(nodes).leaf_below("q1") == "a1"
    assert Tree([nodes[0], Node("a1", "q1", "assistant", 1.0), nodes[2]]).leaf_below("q1") == "a2"


def test_what_is_shown_when_a_message_is_gone(branched: Tree) -> None:
    """Another version, else what stands before it."""
    assert branched.leaf_without("b1") == "a2"
    assert branched.leaf_without("a2") == "q2"
    assert branched.leaf_without("q1") == "a3"
    assert tree_of("q1").leaf_without("q1") is None


def test_a_deep_tree() -> None:
    """Ten thousand messages in a line need no recursion."""
    edges = [f"q{n - 1}>q{n}" if n else "q0" for n in range(10_000)]
    deep = tree_of(*edges)
    assert len(deep.path("q9999")) == len(deep.below("q0")) == 10_000
    assert deep.leaf_below("q0") == "q9999"


@given(st.lists(st.integers(min_value=0), max_size=60))
def test_any_tree_hangs_together(picks: list[int]) -> None:
    """Every message is one of its versions, is on the way to its leaf, and below its parent."""
    nodes: list[Node] = []
    for number, pick in enumerate(picks):
        parent = nodes[pick % len(nodes)].id if nodes and pick % 4 else None
        nodes.append(Node(str(number), parent, "user" if pick % 2 else "assistant", number))
    tree = Tree(nodes)
    for node in nodes:
        assert node.id in tree.versions(node.id)
        assert node.id in tree.path(tree.leaf_below(node.id))
        assert node.parent is None or node.id in tree.below(node.parent)
    below = [each for top in tree.children(None) for each in tree.below(top)]
    assert sorted(below) == sorted(node.id for node in nodes)


def test_from_above() -> None:
    """What names nothing that is known comes first; a ring never comes."""
    parents = {"c": "b", "b": "a", "a": None, "x": "elsewhere", "r1": "r2", "r2": "r1"}
    order = from_above(parents)
    assert sorted(order) == ["a", "b", "c", "x"]
    assert order.index("a") < order.index("b") < order.index("c")
