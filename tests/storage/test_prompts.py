"""Named prompts, and the places in them that are fill_placeholders in."""

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liaobots.errors import InvalidInput
from liaobots.storage.prompts import fill_placeholders, placeholders_in
from liaobots.storage.store import Store


def named(store: Store, owner: str) -> list[tuple[str, str]]:
    return [(prompt.name, prompt.text) for prompt in store.prompts.list(owner)]


def test_a_prompt_is_kept_under_its_name(store: Store, owner: str) -> None:
    """Saved again it takes the place of the old text; the list goes by name."""
    store.prompts.save(owner, "zebra", "z")
    store.prompts.save(owner, "Apple", "a")
    store.prompts.save(owner, " zebra ", "{{animal}}\0")
    assert named(store, owner) == [("Apple", "a"), ("zebra", "{{animal}}\ufffd")]


@pytest.mark.parametrize(("name", "text"), [("", "x"), ("x", "  "), ("\n", "x")])
def test_an_empty_one_is_refused(store: Store, owner: str, name: str, text: str) -> None:
    """With words, and nothing is kept."""
    with pytest.raises(InvalidInput, match="name and a text"):
        store.prompts.save(owner, name, text)
    assert named(store, owner) == []


def test_prompts_are_their_owners(store: Store, owner: str) -> None:
    """Nobody else sees or deletes them."""
    store.prompts.save(owner, "mine", "x")
    (prompt,) = store.prompts.list(owner)
    stranger = secrets.token_hex(32)
    assert store.prompts.list(stranger) == []
    store.prompts.delete(stranger, prompt.id)
    assert named(store, owner) == [("mine", "x")]
    store.prompts.delete(owner, prompt.id)
    assert named(store, owner) == []


def test_adding_takes_nothings_place(store: Store, owner: str) -> None:
    """The same one is not doubled; another text of the same name gets a number."""
    store.prompts.save(owner, "one", "x")
    assert store.prompts.add(owner, [("one", "x"), ("one", "y"), ("two", "z")]) == 2
    assert store.prompts.add(owner, [("one", "x"), ("one", "y"), ("two", "z")]) == 0
    assert named(store, owner) == [("one", "x"), ("one (2)", "y"), ("two", "z")]


def test_places_are_asked_for_once_in_order() -> None:
    """Spaces inside the braces do not matter; single braces are none."""
    text = "Say {{ what }} to {{whom}} in {{what}}, {not} {{}} {{a\nb}}"
    assert placeholders_in(text) == ["what", "whom"]
    assert fill_placeholders(text, {"what": "hi", "whom": ""}).startswith(
        "Say hi to {{whom}} in hi, {not}"
    )


@given(st.text(), st.dictionaries(st.text(min_size=1), st.text()))
def test_what_is_no_place_stays(text: str, values: dict[str, str]) -> None:
    """A text without places is never changed, and values are not read again."""
    if not placeholders_in(text):
        assert fill_placeholders(text, values) == text
    assert fill_placeholders("{{a}}", {"a": "{{b}}", "b": "x"}) == "{{b}}"
