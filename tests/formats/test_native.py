"""Our own format: written, read again, and refused if broken."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from liaobots.errors import InvalidInput
from liaobots.formats import Chat, ExportedMessage, Prompt, to_json
from liaobots.storage.records import MessageState
from tests.formats.strategies import BUNDLES, Bundle, dumped, native_file, only_chat, read, turn


def written(bundle: Bundle) -> bytes:
    return "".join(to_json(bundle.chats, bundle.prompts)).encode("utf-8")


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(BUNDLES)
def test_round_trip(bundle: Bundle) -> None:
    """What was written is read again unchanged, with any tree and any characters."""
    assert read(written(bundle)) == bundle


def test_as_it_is_written() -> None:
    """The members have the names of the fields, and each chat has its own line."""
    chat = Chat("c", "é\ud800", [ExportedMessage("a", None, "user", "x")], "a", 1.0, 2.0, True, "s")
    text = "".join(to_json([chat, chat], [Prompt("p", "n", "t")]))
    assert "é\\ud800" in text
    assert [line[:6] for line in text.splitlines()[1:]] == ['{"id":'] * 3
    assert json.loads(text) == {
        "format": "liaobots-chat",
        "version": 2,
        "chats": 2
        * [
            {
                "id": "c",
                "title": "é\ud800",
                "turns": [
                    {
                        "id": "a",
                        "parent": None,
                        "role": "user",
                        "text": "x",
                        "state": "done",
                        "model": "",
                        "asked": 0.0,
                        "first_text": None,
                        "ended": None,
                        "thumb": None,
                        "error_kind": "",
                        "error_words": "",
                        "error_link": "",
                        "error_sentence": "",
                        "reasoning": "",
                        "notes": "",
                    }
                ],
                "leaf": "a",
                "created": 1.0,
                "changed": 2.0,
                "is_pinned": True,
                "system": "s",
            }
        ],
        "prompts": [{"id": "p", "name": "n", "text": "t"}],
    }


def test_chats_are_taken_one_at_a_time() -> None:
    """A chat is requested only when the one before it has been written."""
    taken: list[int] = []

    def chats() -> Iterator[Chat]:
        for number in range(3):
            taken.append(number)
            yield Chat(str(number), "", (), None, 0.0, 0.0)

    pieces = to_json(chats(), [])
    next(pieces)
    assert taken == []
    for number in range(3):
        assert f'"id": "{number}"' in next(pieces)
        assert taken == list(range(number + 1))


def test_exported_answers_are_never_being_written() -> None:
    """An answer that was being written becomes an interrupted one, created or read."""
    assert (
        ExportedMessage("a", None, "assistant", "", MessageState.WRITING).state
        is MessageState.INTERRUPTED
    )
    [read_] = only_chat(native_file(turn("a", state="writing"))).turns
    assert read_.state is MessageState.INTERRUPTED


@pytest.mark.parametrize("version", [3, 10**300])
@pytest.mark.parametrize("is_last", [True, False])
def test_newer_version(version: int, is_last: bool) -> None:
    """A file of a newer version is refused, wherever the number is in the file."""
    head = {"format": "liaobots-chat", "version": version}
    chats = {"chats": [{"shape": "unknown"}]}
    value = {**chats, **head} if is_last else {**head, **chats}
    with pytest.raises(InvalidInput, match="newer version of this app") as caught:
        read(dumped(value))
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"turns": None}, "chats[0].turns, where nothing"),
        ({"turns": {}}, "chats[0].turns, where an object"),
        ({"turns": [5]}, "chats[0].turns[0], where a number"),
        ({"id": ""}, "chats[0].id, where an empty text"),
        ({"id": 5}, "chats[0].id, where a number"),
        ({"id": "x" * 201}, "chats[0].id, where “xxxxxxxxxxxxxxxx…”"),
        ({"leaf": "b"}, "chats[0].leaf, where “b”"),
        ({"turns": [turn("a"), turn("a")]}, "chats[0].turns[1].id"),
        ({"turns": [turn("a"), turn("b", "z")]}, "chats[0].turns[1].parent"),
        ({"turns": [turn("a", "a")]}, "chats[0].turns[0].parent"),
        ({"turns": [turn("r"), turn("a", "b"), turn("b", "a")]}, "chats[0].turns[1].parent"),
        ({"turns": [turn("z", "a"), turn("a", "b"), turn("b", "a")]}, "chats[0].turns["),
        ({"turns": [turn("a") | {"parent": 5}]}, "chats[0].turns[0].parent, where a number"),
        ({"turns": [turn("a"), turn("b", role="root")]}, "chats[0].turns[1].role, where “root”"),
        ({"turns": [turn("a", role=["user"])]}, "chats[0].turns[0].role, where a list"),
        ({"turns": [turn("a", text=None)]}, "chats[0].turns[0].text, where nothing"),
        ({"turns": [turn("a", state="lost")]}, "chats[0].turns[0].state, where “lost”"),
        ({"turns": [turn("a", thumb=2)]}, "chats[0].turns[0].thumb, where a number"),
        ({"turns": [turn("a", thumb=True)]}, "chats[0].turns[0].thumb, where a yes or no"),
    ],
)  # fmt: skip
def test_wrong_shapes(change: dict[str, Any], path: str) -> None:
    """Each error names the path of the value, and what was found there."""
    with pytest.raises(InvalidInput) as caught:
        read(dumped(native_file(**change)))
    assert path in str(caught.value)


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"format": "liaobots-chat", "chats": []}, "version, where nothing"),
        ({"format": "liaobots-chat", "version": "1", "chats": []}, "version, where “1”"),
        ({"format": "liaobots-chat", "version": True, "chats": []}, "version, where a yes or no"),
        ({"format": "liaobots-chat", "version": 0, "chats": []}, "version, where a number"),
        ({"format": "liaobots-chat", "version": 1}, "chats, where nothing"),
        ({"format": "liaobots-chat", "version": 1, "chats": {}}, "chats, where an object"),
        ({**native_file(), "prompts": 5}, "prompts, where a number"),
        ({**native_file(), "prompts": [{"id": "p"}]}, "prompts[0].text, where nothing"),
    ],
)
def test_wrong_heads(value: object, path: str) -> None:
    """So do the errors about the members around the chats."""
    with pytest.raises(InvalidInput) as caught:
        read(dumped(value))
    assert f"at {path}" in str(caught.value)


@pytest.mark.parametrize("time", [-1, 4_102_444_801, 1e300, 10**300, "soon", None, True, [], {}])
def test_invalid_times(time: Any) -> None:
    """An invalid time is replaced by the fallback, and nothing else is lost."""
    chat = only_chat(
        native_file(turn("a", asked=time, first_text=time, ended=time), created=7, changed=time)
    )
    assert (chat.created, chat.changed) == (7.0, 7.0)
    assert [(each.asked, each.first_text, each.ended) for each in chat.turns] == [(0.0, None, None)]


def test_too_large_an_exponent() -> None:
    """1e999 is valid JSON, but not a time."""
    data = dumped(native_file(created=8)).replace(b'"created": 8', b'"created": 1e999')
    assert read(data).chats[0].created == 0.0


def test_values_that_are_not_text() -> None:
    """A title, a model or a message that is not text is empty. Links must be web addresses."""
    odd = turn("a", model=5, error_words=[], error_link="javascript:alert(1)")
    chat = only_chat(native_file(odd, title=None, system=5, is_pinned="yes"))
    assert (chat.title, chat.system, chat.is_pinned) == ("", "", False)
    assert chat.turns[0] == ExportedMessage("a", None, "user", "x")


def test_the_order_of_names_does_not_matter() -> None:
    """The chats may come before the name and version of the format."""
    value = native_file(turn("a"))
    assert read(dumped(dict(reversed(value.items())))) == read(dumped(value))


def test_duplicate_names() -> None:
    """The last one counts, as usual in JSON, at every level."""
    first, last = (json.dumps(native_file(turn(id_))["chats"]) for id_ in ("a", "b"))
    head = '"format": "liaobots-chat", "version": 1'
    for text in (
        f'{{{head}, "chats": {first}, "chats": {last}}}',
        f'{{"chats": {first}, {head}, "chats": {last}}}',
        f'{{"chats": {first}, "chats": {last}, {head}}}',
        f'{{{head}, "chats": {last.replace("{", "{" + chr(34) + "id" + chr(34) + ": 5,", 1)}}}',
    ):
        [chat] = read(text.encode()).chats
        assert [each.id for each in chat.turns] == ["b"]
    with pytest.raises(InvalidInput, match="chats, where a number"):
        read(f'{{{head}, "chats": {first}, "chats": 5}}'.encode())


def test_reasoning_of_the_first_version() -> None:
    """It stood in the text, and is taken out of it; from the second version on it is apart."""
    said = "<think>Hm.</think>\n\nYes."
    for role, content in (("assistant", ("Hm.", "Yes.")), ("user", ("", said))):
        turns = [turn("a", role=role, text=said)]
        [found] = only_chat(native_file(*turns)).turns
        assert (found.reasoning, found.text) == content
    [apart] = only_chat(native_file(turn("a", role="assistant", text=said, reasoning=""))).turns
    assert (apart.reasoning, apart.text) == ("", said)
