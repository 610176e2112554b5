"""Every word on the page, and the icons that stand beside the words."""

import re
from datetime import UTC, datetime
from pathlib import Path

TITLE = "Liaobots chat"
ICON = Path(__file__).parent / "icon.svg"
YOU_ICON = ":material/person:"
ANSWER_ICON = ICON

GREETING = "What would you like to know?"
STARTERS = {
    ":material/explore:": "What can this page do?",
    ":material/looks:": "How does a rainbow work?",
    ":material/code:": "Write Python that finds primes",
    ":material/mail:": "Help me say no in a kind letter",
}

NEW_CHAT = "New chat"
NEW_CHAT_ICON = ":material/edit_square:"
CHATS = "Chats"
UNTITLED = "Untitled"
OLDER = "Older chats"
OLDER_ICON = ":material/expand_more:"
WRITING_ICON = ":material/stylus_note:"

THIS_CHAT = "Chat"
THIS_CHAT_ICON = ":material/more_horiz:"
RENAME = "Title"
DELETE = "Delete this chat"
DELETE_ICON = ":material/delete:"
PIN = "Pin"
PIN_ICON = ":material/keep:"
UNPIN = "Unpin"
UNPIN_ICON = ":material/keep_off:"
PINNED = "Pinned"
INSTRUCTIONS = "Instructions for this chat"
INSTRUCTIONS_HELP = "What the model is told before everything else (the system prompt)."
INSTRUCTIONS_EMPTY = "For example: Answer in short sentences."
INSTRUCTED = "With instructions"
INSTRUCTED_ICON = ":material/assignment:"
EXPORT_MARKDOWN = "Export as Markdown"
EXPORT_JSON = "Export as JSON"
EXPORT_ICON = ":material/download:"
CHAT_DELETED = "The chat is in the trash."
MESSAGE_DELETED = "The message is in the trash, with what followed it."
UNDO = "Undo"
UNDO_ICON = ":material/undo:"
DISMISS = "Dismiss"
DISMISS_ICON = ":material/close:"
TEMPORARY = "Temporary chat"
TEMPORARY_ICON = ":material/visibility_off:"
TEMPORARY_BADGE = "Temporary"
TEMPORARY_HELP = (
    "A temporary chat is kept in the server's memory alone, and forgotten after a day or "
    "when the server stops."
)

MODEL = "Model"
MODEL_HELP = "Type to search. The number is how much the model can keep in mind, in tokens."
AUTH_TOKEN = "Auth token"
AUTH_TOKEN_HELP = (
    "Your own Liaobots auth code. It is sent to the service alone, and kept in the server's "
    "memory for this browser, until you forget it or do not come for a day."
)
AUTH_TOKEN_EMPTY = "Paste your auth code"
AUTH_TOKEN_SET = "Set by the server"
AUTH_TOKEN_KEPT = "Your code is kept"
FORGET = "Forget my code"
FORGET_ICON = ":material/key_off:"
SIGN_IN = "Sign in"
SIGN_IN_ICON = ":material/login:"
SIGN_OUT = "Sign out"
SIGN_OUT_ICON = ":material/logout:"
BALANCE = "Balance: {balance}"
DEMO = (
    "**Demo:** the built-in stand-in answers. To talk to real models, paste your Liaobots "
    "auth code under *Auth token* in the sidebar."
)
BESIDE = "Compare with"
BESIDE_EMPTY = "One model alone"
BESIDE_HELP = "Up to three more models answer the same question, side by side."
MODELS_UNKNOWN = "The live list of models could not be read; the built-in ones are shown."

ASK = "Ask anything"
TO_THE_END = "Newest"
EDITED_ELSEWHERE = (
    "The chat does not show this question any more: it was changed in another tab. "
    "Your new words were not sent; they are here."
)
TOO_LONG = (
    "The question has {length:,} characters, and the model takes {room:,}: {over:,} too many. "
    "It was not sent. Shorten it, remove a file, or choose a model with more room."
)
NOT_SENT_ICON = ":material/error:"
FILE_LABEL = "{name} · {length:,} characters"
FILE_ICON = ":material/description:"
REMOVE = "Remove {name}"
LONG = "All of it: {length:,} characters"
ACTIONS = "What to do with this message"
ACTIONS_ICON = ":material/more_horiz:"
ACTS = {
    "edit": ":material/edit: Edit and ask again",
    "copy": ":material/content_copy: Copy",
    "again": ":material/refresh: Answer again",
    "with": ":material/swap_horiz: Answer with another model",
    "compare": ":material/view_column: Compare models",
    "difference": ":material/difference: Show differences",
    "good": ":material/thumb_up: Good answer",
    "bad": ":material/thumb_down: Bad answer",
    "delete": ":material/delete: Delete from here on",
}
GOOD_BADGE = "Good answer"
GOOD_ICON = ":material/thumb_up:"
BAD_BADGE = "Bad answer"
BAD_ICON = ":material/thumb_down:"
EDIT = "Your question"
ASK_AGAIN = "Ask again"
CANCEL = "Cancel"
OTHER_MODEL = "Model"
ANSWER_NOW = "Answer"
COMPARED_MODELS = "Models that answer beside it"
COMPARE_NOW = "Compare"
OTHER_VERSION = "Compare this version with"
VERSION = "Version {number}"
NOT_ADDED = "Words taken out are struck through, words put in are underlined."
COPIED = "Copied"
PREVIOUS = "Previous version"
PREVIOUS_ICON = ":material/chevron_left:"
NEXT = "Next version"
NEXT_ICON = ":material/chevron_right:"
PICK = "Go on with this one"
PICK_ICON = ":material/check:"
PICK_HINT = "Your next question goes on from the first answer, unless you pick another."

SEARCH = "Search"
SEARCH_ICON = ":material/search:"
SEARCH_LABEL = "Words in titles and messages"
SEARCH_HINT = "Type one or more words. All of them must stand in the message or in the title."
NOTHING_FOUND = "Nothing was found. Fewer or shorter words find more."
MORE_FOUND = "These are the newest {count}. More words find fewer."
IN_TITLE = "Title"
BY_YOU = "You"
BY_MODEL = "Answer"

PROMPTS = "Prompts"
PROMPTS_ICON = ":material/library_books:"
FOLD_ICON = ":material/expand_more:"
PROMPT = "Prompt"
PROMPT_NAME = "Name"
PROMPT_TEXT = "Text"
PROMPT_TEXT_HELP = "Words in {{double braces}} are asked for each time."
NEW_PROMPT = "New prompt"
NO_PROMPTS = "There are no prompts yet. Save here what you ask again and again."
SAVE = "Save"
SAVE_ICON = ":material/check:"
DELETE_PROMPT = "Delete this prompt"
INTO_QUESTION = "Put into the question"
AS_INSTRUCTIONS = "Use as instructions"
MANAGE_PROMPTS = "Edit prompts"

TRASH = "Trash"
TRASH_ICON = ":material/delete:"
TRASH_HINT = "What is deleted stays here for 30 days. After that it is gone for good."
TRASH_EMPTY = "The trash is empty."
TRASH_MORE = "These are the newest {count}."
PUT_BACK = "Put back"
PUT_BACK_ICON = ":material/restore_from_trash:"
FORGET_FOR_GOOD = "Delete for good"
EMPTY_TRASH = "Empty the trash"
EMPTY_TRASH_WARNING = "All of it will be gone for good."
EMPTY_NOW = "Empty it now"
A_CHAT = "Chat"
A_MESSAGE = "Message and what followed"

TRANSFER = "Import and export"
TRANSFER_ICON = ":material/import_export:"
EXPORT = "Export"
EXPORT_ALL = "Export everything"
EXPORT_FILE = "liaobots-chats.json"
EXPORT_HINT = (
    "All your chats with all their versions, and your prompts, in one JSON file, which can be "
    "imported here again."
)
IMPORT = "Import"
IMPORT_LABEL = "A file with chats"
IMPORT_HINT = (
    "A file exported here, or the conversations.json of ChatGPT or Claude, or an export of "
    "Chatbot UI. What is here already is not doubled."
)
IMPORTING = "Importing: {chats:,} of {all:,} chats"
READING = "Reading the file …"
IMPORTED = "{chats:,} chats are here, with {messages:,} new messages, and {prompts:,} new prompts."
NOT_IMPORTED = "{words} {chats:,} of {all:,} chats were imported. Import the file again to go on."
STOP = "Stop"
STOP_ICON = ":material/stop_circle:"
COPY = "Copy"
COPY_ICON = ":material/content_copy:"
EARLIER = "Earlier messages"
EARLIER_ICON = ":material/expand_less:"
THINKING = "Thinking …"
THOUGHTS = "Thoughts"
THOUGHTS_ICON = ":material/psychology:"
TRY_AGAIN = "Try again"
TRY_AGAIN_ICON = ":material/refresh:"
GO_ON = "Continue"
GO_ON_ICON = ":material/play_arrow:"
OPEN_SERVICE = "Open the service"
OPEN_SERVICE_ICON = ":material/open_in_new:"
NOT_DRAWN = "not drawn, because it would load or link to something"
NO_DIAGRAM = "not drawn, because it begins as no kind of diagram"
HIDDEN = "with characters that cannot be seen: {names}"
STOPPED = "You stopped this answer here."
INTERRUPTED = "This answer was interrupted here, because the server stopped."
NOT_KEPT = "{words} What you write now stays in this server's memory until it stops."
NOT_KEPT_ICON = ":material/cloud_off:"


def sign_in(provider: str | None) -> str:
    """Gives the words to sign in with a provider, or with the only one."""
    return f"{SIGN_IN}: {provider}" if provider else SIGN_IN


def version_of(number: int, count: int) -> str:
    """Gives which of several versions is shown."""
    return f"{number}/{count}"


def when(moment: float) -> str:
    """Gives a day, for which all places of the world have nearly the same date."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d")


def file_name(title: str) -> str:
    """Gives a name that every disk takes, from a chat's title."""
    kept = re.sub(r"[^\w-]+", "-", title).strip("-")[:60]
    return kept or "chat"


def image(words: str) -> str:
    """Gives what stands for an image that is not loaded."""
    return f"Image: {words}" if words else "Image"


def model_label(name: str, tokens: int | None) -> str:
    """Gives a model's name with its context size, where that is known."""
    if not tokens:
        return name
    size = f"{round(tokens / 1000)}K" if tokens >= 1000 else str(tokens)
    return f"{name} · {size}"
