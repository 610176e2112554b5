"""What visitors do on the page: callbacks that run before it is drawn again.

chat      rename, pin, instruct or delete a chat, and choose its model
message   edit, answer again, compare, rate, stop or delete a message
prompts   list, save and delete prompts
question  ask a question
search    search the chats, and open what was found
transfer  export and import chats
trash     list, restore and purge what was deleted
"""

from liaobots.ui.actions import chat, message, prompts, question, search, transfer, trash

__all__ = ["chat", "message", "prompts", "question", "search", "transfer", "trash"]
