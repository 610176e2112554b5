"""Every word on the page, and the icons that stand beside the words.

It is longer than other files here, for whoever translates wants one place.
"""

import re
from datetime import UTC, datetime
from pathlib import Path

from liaobots.client.catalog import ModelInfo
from liaobots.generation.context_window import ContextLimit, TextSize
from liaobots.storage.records import ModelSpeed

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
MODEL_HELP = (
    "Type to search by name or maker. Behind the name: how much the model can keep in mind, in "
    "tokens, and how long you waited for its first text of late."
)
MODEL_EMPTY = "Choose a model"
MODEL_GONE = "{model} answered here, and is not on offer any more. Choose another one."
CHOOSE_MODEL = (
    "{model} answered in this chat, and is not on offer any more. Choose another model, then "
    "send again. Nothing was sent."
)
FALLBACK = "If it fails"
FALLBACK_EMPTY = "Tell me"
FALLBACK_HELP = (
    "Another model that answers where the chosen one fails before its first word. The answer "
    "says so. After the first word it is only offered."
)
WEB_SEARCH = "Web search"
WEB_SEARCH_HELP = "Lets the service search the web for its answer, where the model can."
INSTEAD_OF = "In place of {model}, which failed: {words}"
ANSWER_WITH = "Answer with {model}"
MODELS = "Models"
MODELS_ICON = ":material/neurology:"
MODELS_LABEL = "Words in names and makers"
NO_MODEL_FOUND = "No model has all of these words."
MORE_MODELS = "These are {count} of {all}. Type words to find others."
FAVOURITES = "Favourites"
OTHER_MAKERS = "Others"
FAVOURITE = "Make a favourite"
FAVOURITE_ICON = ":material/star:"
NO_FAVOURITE = "No favourite any more"
NO_FAVOURITE_ICON = ":material/star:"
USE = "New chat"
SPEED = "Speed"
SPEED_HINT = (
    "From your own answers of the last 90 days, each by its median: further left begins sooner, "
    "further up writes faster."
)
NO_SPEED = "Here your own answers will show how fast each model is."
SPEED_MODEL = "Model"
SPEED_WAIT = "Seconds to the first text"
SPEED_RATE = "Characters a second"
TOKENS_AT_MOST = "{count:,} tokens"
PRICE = "{prompt:,.2f} in and {completion:,.2f} out per million tokens"
FIRST_TEXT = "first text after {seconds:.1f} s"
RATE = "{rate:,.0f} characters a second"
FAILURES = "{share:.0f} % of {count} failed"
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
LAST_COST = "last answer {cost}"
CHAT_COST = "this chat {cost}"
BALANCE_NONE = (
    "There is nothing left on your auth code: the service will hardly answer. Top it up there, or "
    "use another code."
)
BALANCE_LOW = "Little is left on your auth code: {balance}. The next answer may use it up."
BALANCE_ICON = ":material/account_balance_wallet:"
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
    "The question has {length}, and the model takes {room}: {over} too many. "
    "It was not sent. Shorten it, remove a file, or choose a model with more room."
)
CHAT_TOO_LONG = (
    "The chat with this question has {length}, and the model takes {room}: {over} too many. "
    "It was not sent. Let older turns be left out, choose a model with more room, or begin "
    "another chat."
)
CHARACTERS = "{count:,} characters"
TOKENS = "about {count:,} tokens"
ROOM = "Room: {share} %"
ROOM_USED = "{used} of {room}"
ROOM_UNKNOWN = "The service does not say how much the model takes."
ROOM_HINT = (
    "Tokens are estimated by the kinds of characters, alike for all models; a part of the room "
    "is left free for the answer."
)
EDGE = "When the chat outgrows the model"
EDGES = {
    "leave out": "Leave out the oldest turns of what is sent",
    "tell": "Do not send, and tell me",
}
SENT_FROM_HERE = "── The model is sent what follows; its room is too small for the rest ──"
NOT_SENT_ICON = ":material/error:"
FILE_LABEL = "{name} · {length:,} characters"
FILE_ICON = ":material/description:"
REMOVE = "Remove {name}"
FILE_READ = ":material/check: {name}"
FILE_BEING_READ = ":material/description: {name} · Reading …"
FILE_WAITS = ":material/hourglass_empty: {name} · Waiting: {place} in the queue"
STOP_READING = "Stop reading"
NO_ROOM_FOR_FILE = (
    "The server has no room for “{name}” while it is read. Wait a moment, then add it again."
)
STILL_READING = (
    "The files of your last question in this chat are still being read. This one was not sent: "
    "wait for them, or stop them."
)
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
IMPORT_WAITS = "Waiting: other imports are under way, and this one is number {position} in line."
IMPORT_STOP = "Stop the import"
NO_SESSION = "This page is not open any more. Load it anew, and choose the file again."
UPLOADS_OF_YOURS = "Too many files of yours come at once. Wait until they are here, then add more."
UPLOADS_OF_ALL = (
    "Too many files come to this server at once. Wait a moment, then add the file again."
)
UPLOADS_FULL_HERE = (
    "The files added to this page have more than {most:,} MB together. "
    "Remove some, or send the question, then add the file again."
)
UPLOADS_FULL_OF_YOURS = (
    "Your files that wait to be used have more than {most:,} MB together. "
    "Remove some on your other pages, or close these, then add the file again in a minute."
)
UPLOADS_FULL = (
    "This server holds {most:,} MB of files that wait to be used, and no more may come. "
    "Wait a minute, then add the file again."
)
UPLOAD_SLOW = "The file came too slowly. Look after the network, then add the file again."
UPLOAD_BROKEN = (
    "The file came in a form that cannot be read. Load the page anew, then add it again."
)
UPLOAD_GONE = "The file is not here any more, for the page was away too long. Choose it again."
FILE_TOO_LARGE = (
    "“{name}” is larger than {most} MB. Save the part that matters as a file of its own, and add "
    "that; files with chats are imported under Import and export."
)
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
NOT_KEPT = "{words} What you write now waits in this server's memory until it can be kept."
WAITS = (
    "{words} This chat waits in this server's memory and is kept as soon as that can be done; "
    "if the server stops before, what is new in it is lost."
)
NO_STORE = "The database is not open yet, so chats cannot be kept there at the moment."
NOT_KEPT_ICON = ":material/cloud_off:"
SECRETS_BROKEN = (
    "The server's secrets.toml cannot be read, so nothing was asked and nothing is kept. Whoever "
    "runs the server can mend it: it must be TOML in UTF-8, as secrets.toml.example is."
)
SETTINGS_WRONG = (
    "A setting of the server is wrong, so nothing was asked and nothing is kept. Whoever runs the "
    "server can mend it and start the server again. {words}"
)


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


def model_label(
    name: str, tokens: int | None, maker: str, pace: ModelSpeed | None, *, is_favourite: bool
) -> str:
    """Gives a model's name with its context size, maker and pace, as far as they are known."""
    parts = [f"★ {name}" if is_favourite else name, tokens_short(tokens), maker]
    if pace and pace.wait is not None:
        parts.append(f"{pace.wait:.1f} s")
    return " · ".join(filter(None, parts))


def tokens_short(tokens: int | None) -> str:
    """Gives a number of tokens in few letters, or "" where it is not known."""
    if not tokens:
        return ""
    return f"{round(tokens / 1000)}K" if tokens >= 1000 else str(tokens)


def model_facts(facts: ModelInfo, pace: ModelSpeed | None) -> str:
    """Gives all that is known of a model: its id, room, price, and pace."""
    price = facts.get("price")
    parts = [facts["id"]]
    parts += [TOKENS_AT_MOST.format(count=facts["tokenLimit"])] if facts["tokenLimit"] else []
    parts += [CHARACTERS.format(count=facts["maxLength"])] if facts["maxLength"] else []
    parts += [PRICE.format(**price)] if price else []
    return " · ".join([*parts, *(pace_facts(pace) if pace else [])])


def pace_facts(pace: ModelSpeed) -> list[str]:
    """Gives the small figures of a model's pace."""
    parts = [FIRST_TEXT.format(seconds=pace.wait)] if pace.wait is not None else []
    parts += [RATE.format(rate=pace.rate)] if pace.rate is not None else []
    return [*parts, FAILURES.format(share=100 * pace.failures, count=pace.count)]


def amount(value: float) -> str:
    """Gives an amount in the service's own unit, with as many digits as say something."""
    whole, _, digits = f"{value:,.{2 if abs(value) >= 1 else 4}f}".partition(".")
    digits = digits.rstrip("0")
    return f"{whole}.{digits:0<2}" if digits else whole


def balance(left: float, last: float | None, chat: float | None) -> str:
    """Gives what is left, and what the last answer and the chat cost, as far as that is known."""
    parts = [BALANCE.format(balance=amount(left))]
    parts += [LAST_COST.format(cost=amount(last))] if last is not None else []
    parts += [CHAT_COST.format(cost=amount(chat))] if chat is not None else []
    return " · ".join(parts)


def room_label(share: float) -> str:
    """Gives how full the model's room is."""
    return ROOM.format(share=round(100 * share))


def room_figures(room: ContextLimit, size: TextSize) -> str:
    """Gives how full it is in the units that the service tells."""
    parts = []
    if room.tokens:
        parts.append(
            ROOM_USED.format(used=TOKENS.format(count=size.tokens), room=f"{room.tokens:,}")
        )
    if room.characters:
        used = CHARACTERS.format(count=size.characters)
        parts.append(ROOM_USED.format(used=used, room=f"{room.characters:,}"))
    return ", ".join(parts) or ROOM_UNKNOWN


def ordinal(number: int) -> str:
    """Return a number as a place in an order: 1st, 2nd, 3rd, 4th."""
    is_teen = 10 < number % 100 < 20
    ending = "th" if is_teen else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"


def too_long(room: ContextLimit, size: TextSize) -> str:
    """Gives by how much a question is too long."""
    return _too_long(TOO_LONG, room, size)


def chat_too_long(room: ContextLimit, size: TextSize) -> str:
    """Gives by how much a chat is too long."""
    return _too_long(CHAT_TOO_LONG, room, size)


def _too_long(words: str, room: ContextLimit, size: TextSize) -> str:
    """Says it in the unit whose limit is passed by more."""
    over = room.over(size)
    by_tokens = room.share(TextSize(0, size.tokens)) > room.share(TextSize(size.characters, 0))
    unit = TOKENS if by_tokens else CHARACTERS
    length, limit, excess = (
        (size.tokens, room.tokens, over.tokens)
        if by_tokens
        else (size.characters, room.characters, over.characters)
    )
    return words.format(length=unit.format(count=length), room=f"{limit:,}", over=f"{excess:,}")
