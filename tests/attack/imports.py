"""Files that are slow to import."""

import json
import random
import string

TURNS, LETTERS = 8, 200_000


def heavy(turns: int = TURNS, letters: int = LETTERS) -> bytes:
    """Return a file with one chat of long messages, in which hardly any three letters repeat."""
    some = random.Random(7)  # noqa: S311 -- the same letters in each run
    parents = [None, *(f"turn-{number}" for number in range(turns - 1))]
    chat = {
        "id": "heavy",
        "title": "Heavy",
        "turns": [
            {
                "id": f"turn-{number}",
                "parent": parent,
                "role": "user" if number % 2 == 0 else "assistant",
                "text": "".join(some.choices(string.ascii_letters + string.digits, k=letters)),
            }
            for number, parent in enumerate(parents)
        ],
    }
    file = {"format": "liaobots-chat", "version": 1, "chats": [chat], "prompts": []}
    return json.dumps(file).encode()
