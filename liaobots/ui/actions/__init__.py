"""What visitors do on the page: callbacks that run before it is drawn again.

An action gets the session, does one thing, changes the session, and raises `LiaobotsError`
if it cannot. Those that widgets call are made callbacks by `callback`.

chat      rename, pin, instruct or delete a chat, choose its model, and show more of it
composer  submit a question with files, stop reading, and choose files and prompts
message   edit, answer again, compare, rate, stop or delete a message
prompts   list, save and delete prompts
question  ask a question
search    search the chats, and open what was found
settings  the auth token, the fallback model, favourites, and the overflow policy
transfer  export and import chats
trash     list, restore and purge what was deleted

callback  turn the error of an action into what the page shows
"""

from liaobots.ui.actions import (
    chat,
    composer,
    message,
    prompts,
    question,
    search,
    settings,
    transfer,
    trash,
)

__all__ = [
    "chat",
    "composer",
    "message",
    "prompts",
    "question",
    "search",
    "settings",
    "transfer",
    "trash",
]
