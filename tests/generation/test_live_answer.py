"""What counts as the first text of an answer."""

from liaobots.generation.live_answer import LiveAnswer
from liaobots.pieces import Reasoning, Text, ToolCall, Usage
from liaobots.storage import notes
from liaobots.storage.records import MessageState, Outcome, PendingAnswer


def test_notes_are_no_text() -> None:
    """Token counts before any text neither rule the fallback out nor count as signs of life."""
    answer = LiveAnswer("owner", PendingAnswer("chat", "answer", "writer"), "gpt-4")
    began = answer.last_text
    answer.add(Usage(3, 0))
    answer.add(ToolCall("clock"))
    assert (answer.has_text, answer.length, answer.last_text) == (False, 0, began)
    answer.add(Reasoning("Hm."))
    assert answer.has_text
    answer.add(Text("Yes."))
    answer.end(Outcome(MessageState.DONE))
    answer.add(ToolCall("late"))
    assert answer.content == ("Hm.", "Yes.")
    assert notes.from_json(answer.log().notes) == [Usage(3, 0), ToolCall("clock")]
