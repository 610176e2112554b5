"""The catalog of all words on the page, with their icons, in the order of the page.

It is longer than other modules on purpose: a translator, or a reviewer of the
wording, needs all of it in one file. A pair of texts holds the singular and the
plural form.
"""

import re
from datetime import UTC, datetime
from pathlib import Path

from liaobots.client.catalog import ModelInfo
from liaobots.generation.context_window import ContextLimit, TextSize
from liaobots.pieces import Image, Note, Source, ToolCall, Usage
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
INSTRUCTIONS_HELP = "The system prompt: it is sent to the model before all messages."
INSTRUCTIONS_EMPTY = "For example: Answer in short sentences."
INSTRUCTED = "With instructions"
INSTRUCTED_ICON = ":material/assignment:"
EXPORT_MARKDOWN = "Export as Markdown"
EXPORT_JSON = "Export as JSON"
EXPORT_ICON = ":material/download:"
CHAT_DELETED = "The chat is in the trash."
MESSAGE_DELETED = "The message and those after it are in the trash."
UNDO = "Undo"
UNDO_ICON = ":material/undo:"
DISMISS = "Dismiss"
DISMISS_ICON = ":material/close:"
TEMPORARY = "Temporary chat"
TEMPORARY_ICON = ":material/visibility_off:"
TEMPORARY_BADGE = "Temporary"
TEMPORARY_HELP = (
    "A temporary chat is kept only in the server's memory. It is deleted after a day, or when "
    "the server stops."
)

MODEL = "Model"
MODEL_HELP = (
    "Type to search by name or maker. After the name: the size of the context window in tokens, "
    "and how long you recently waited for the first text."
)
MODEL_EMPTY = "Choose a model"
MODEL_GONE = "{model} answered here and is no longer available. Choose another model."
CHOOSE_MODEL = (
    "{model} answered in this chat and is no longer available. Choose another model, then send "
    "again. Nothing was sent."
)
FALLBACK = "Fallback model"
FALLBACK_EMPTY = "None"
FALLBACK_HELP = (
    "Another model that answers if the chosen one fails before its first word. The answer says "
    "so. If the chosen model fails later, the page only offers the fallback model."
)
IMAGE_NOTE = "A picture came ({kind}), which this page does not show."
SOURCE_NOTE = "Source: {address}"
TITLED_SOURCE_NOTE = "Source: {title} ({address})"
TOOL_NOTE = "The model asked for the tool “{name}”, which this page does not run."
USAGE_NOTE = "Tokens: {question} in the question, {answer} in the answer."
UNKNOWN_COUNT = "an unknown number"
MORE_NOTES = ("1 more source or item came.", "{count} more sources or items came.")
WEB_SEARCH = "Web search"
WEB_SEARCH_HELP = "Let the service search the web for its answer, if the model supports it."
REPLACES = "In place of {model}, which failed: {words}"
ANSWER_WITH = "Answer with {model}"
MODELS = "Models"
MODELS_ICON = ":material/neurology:"
MODELS_LABEL = "Search models"
NO_MODEL_FOUND = "No model matches all of these words."
MORE_MODELS = "{count} of {all} models are shown. Search to find the others."
FAVOURITES = "Favourites"
OTHER_MAKERS = "Others"
FAVOURITE = "Add to favourites"
FAVOURITE_ICON = ":material/star:"
NOT_FAVOURITE = "Remove from favourites"
NOT_FAVOURITE_ICON = ":material/star:"
USE = "New chat"
SPEED = "Speed"
SPEED_HINT = (
    "Medians of your own answers of the last 90 days: models further left begin sooner, models "
    "further up write faster."
)
NO_SPEED = "Your own answers will show here how fast each model is."
SPEED_MODEL = "Model"
SPEED_WAIT = "Seconds to the first text"
SPEED_RATE = "Characters per second"
CONTEXT_SIZE = ("{count:,} token", "{count:,} tokens")
PRICE = "{prompt:,.2f} in and {completion:,.2f} out per million tokens"
FIRST_TEXT = "first text after {seconds:.1f} s"
RATE = ("{count:,} character per second", "{count:,} characters per second")
FAILURES = "{share:.0f} % of {count} failed"
AUTH_TOKEN = "Auth token"
AUTH_TOKEN_HELP = (
    "Your own Liaobots auth token. It is sent only to the service, and kept in the server's "
    "memory for this browser until you remove it or do not visit for a day."
)
AUTH_TOKEN_EMPTY = "Paste your auth token"
AUTH_TOKEN_SET = "Set by the server"
AUTH_TOKEN_KEPT = "Your token is kept"
FORGET = "Remove my token"
FORGET_ICON = ":material/key_off:"
SIGN_IN = "Sign in"
SIGN_IN_ICON = ":material/login:"
SIGN_OUT = "Sign out"
SIGN_OUT_ICON = ":material/logout:"
BALANCE = "Balance: {balance}"
LAST_COST = "last answer {cost}"
CHAT_COST = "this chat {cost}"
BALANCE_NONE = (
    "There is nothing left on your auth token: the service will probably not answer. Top it up "
    "there, or use another token."
)
BALANCE_LOW = "Little is left on your auth token: {balance}. The next answer may use it up."
BALANCE_ICON = ":material/account_balance_wallet:"
DEMO = (
    "**Demo:** the built-in stand-in answers. To talk to real models, paste your Liaobots "
    "auth token under *Auth token* in the sidebar."
)
ALSO_ASK = "Also ask"
ALSO_ASK_EMPTY = "No other model"
ALSO_ASK_HELP = "Up to three more models answer the same question, side by side."
MODELS_UNKNOWN = "The live list of models could not be read; the built-in ones are shown."

ASK = "Ask anything"
TO_THE_END = "Newest"
EDITED_ELSEWHERE = (
    "The chat no longer shows this question: it was changed in another tab. "
    "Your new text was not sent; it is still here."
)
TOO_LONG = (
    "The question has {length}, and the model takes {limit}: {over} too many. It was not sent. "
    "Shorten it, remove a file, or choose a model with a larger context window."
)
CHAT_TOO_LONG = (
    "The chat with this question has {length}, and the model takes {limit}: {over} too many. "
    "It was not sent. Allow the oldest messages to be left out, choose a model with a larger "
    "context window, or begin another chat."
)
CHARACTERS = ("{count:,} character", "{count:,} characters")
TOKENS = ("about {count:,} token", "about {count:,} tokens")
CONTEXT = "Context: {share} %"
CONTEXT_USED = "{used} of {limit}"
CONTEXT_UNKNOWN = "The service does not say how large the model's context window is."
ROOM_HINT = (
    "Tokens are estimated from the kinds of characters, in the same way for all models. A part "
    "of the context window is kept free for the answer."
)
EDGE = "When the chat is too long"
EDGES = {
    "leave out": "Leave out the oldest messages",
    "tell": "Do not send",
}
SENT_FROM_HERE = "── Only what follows is sent: the context window is too small for the rest ──"
NOT_SENT_ICON = ":material/error:"
FILE_LABEL = "{name} · {length}"
FILE_ICON = ":material/description:"
REMOVE = "Remove {name}"
FILE_READ = ":material/check: {name}"
FILE_BEING_READ = ":material/description: {name} · Reading …"
FILE_WAITS = ":material/hourglass_empty: {name} · Waiting: {place} in the queue"
STOP_READING = "Stop reading"
NO_ROOM_FOR_FILE = (
    "The server has no space to read “{name}” at the moment. Wait a little, then add it again."
)
STILL_READING = (
    "The files of your last question in this chat are still being read. This one was not sent: "
    "wait for them, or stop the reading."
)
FULL_TEXT = "Full text: {length}"
ACTIONS = "Message actions"
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
COMPARED_MODELS = "Other models to compare"
COMPARE_NOW = "Compare"
OTHER_VERSION = "Compare this version with"
VERSION = "Version {number}"
DIFFERENCE_HINT = "Removed words are struck through, added words are underlined."
COPIED = "Copied"
PREVIOUS = "Previous version"
PREVIOUS_ICON = ":material/chevron_left:"
NEXT = "Next version"
NEXT_ICON = ":material/chevron_right:"
PICK = "Choose this answer"
PICK_ICON = ":material/check:"
PICK_HINT = "Your next question continues from the first answer, unless you choose another."

SEARCH = "Search"
SEARCH_ICON = ":material/search:"
SEARCH_LABEL = "Search titles and messages"
SEARCH_HINT = "Type one or more words. All of them must occur in the message or in the title."
NOTHING_FOUND = "Nothing was found. Fewer or shorter words find more."
MORE_FOUND = "Only the newest {count} results are shown. Add words to narrow the search."
IN_TITLE = "Title"
BY_YOU = "You"
BY_MODEL = "Answer"

PROMPTS = "Prompts"
PROMPTS_ICON = ":material/library_books:"
FOLD_ICON = ":material/expand_more:"
PROMPT = "Prompt"
PROMPT_NAME = "Name"
PROMPT_TEXT = "Text"
PROMPT_TEXT_HELP = "Words in {{double braces}} are fields to fill in at each use."
NEW_PROMPT = "New prompt"
NO_PROMPTS = "There are no prompts yet. Save here what you ask often."
SAVE = "Save"
SAVE_ICON = ":material/check:"
DELETE_PROMPT = "Delete this prompt"
INTO_QUESTION = "Insert into the question"
AS_INSTRUCTIONS = "Use as instructions"
MANAGE_PROMPTS = "Edit prompts"

TRASH = "Trash"
TRASH_ICON = ":material/delete:"
TRASH_HINT = "Deleted chats and messages stay here for 30 days. Then they are deleted permanently."
TRASH_EMPTY = "The trash is empty."
TRASH_MORE = "Only the newest {count} entries are shown."
RESTORE = "Restore"
RESTORE_ICON = ":material/restore_from_trash:"
DELETE_PERMANENTLY = "Delete permanently"
EMPTY_TRASH = "Empty the trash"
EMPTY_TRASH_WARNING = "Everything in the trash will be deleted permanently."
EMPTY_NOW = "Empty it now"
A_CHAT = "Chat"
A_MESSAGE = "Message and those after it"

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
    "Chatbot UI. Chats that are here already are not duplicated."
)
IMPORTING = "Importing: {done:,} of {chats}"
READING = "Reading the file …"
IMPORT_WAITS = "Waiting: other imports are running, and this one is number {position} in the queue."
IMPORT_STOP = "Stop the import"
NO_SESSION = "This page is no longer open. Reload it, then choose the file again."
UPLOADS_OF_YOURS = "You upload too many files at once. Wait until they have arrived, then add more."
UPLOADS_OF_ALL = (
    "Too many files are uploaded to this server at once. Wait a moment, then add the file again."
)
UPLOADS_FULL_HERE = (
    "The files added to this page are larger than {most:,} MB in total. "
    "Remove some, or send the question, then add the file again."
)
UPLOADS_FULL_OF_YOURS = (
    "Your files that are not used yet are larger than {most:,} MB in total. "
    "Remove some on your other pages, or close those pages, then add the file again in a minute."
)
UPLOADS_FULL = (
    "This server holds {most:,} MB of files that are not used yet, and accepts no more. "
    "Wait a minute, then add the file again."
)
UPLOAD_SLOW = "The file arrived too slowly. Check the network, then add the file again."
UPLOAD_BROKEN = (
    "The file arrived in a form that cannot be read. Reload the page, then add it again."
)
UPLOAD_GONE = "The file is no longer here: the page was disconnected for too long. Choose it again."
FILE_TOO_LARGE = (
    "“{name}” is larger than {most} MB. Save the part that matters as a separate file, and add "
    "that; files with chats are imported under Import and export."
)
IMPORTED = "Imported: {chats}, with {messages}, and {prompts}."
NOT_IMPORTED = "{words} Imported: {done:,} of {chats}. Import the file again to continue."
IMPORTED_CHATS = ("{count:,} chat", "{count:,} chats")
IMPORTED_MESSAGES = ("{count:,} new message", "{count:,} new messages")
IMPORTED_PROMPTS = ("{count:,} new prompt", "{count:,} new prompts")
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
CONTINUE = "Continue"
CONTINUE_ICON = ":material/play_arrow:"
OPEN_SERVICE = "Open the service"
OPEN_SERVICE_ICON = ":material/open_in_new:"
NOT_DRAWN = "not drawn, because it would load or link to something"
NO_DIAGRAM = "not drawn, because it begins with no known kind of diagram"
HIDDEN = "with invisible characters: {names}"
STOPPED = "You stopped this answer here."
INTERRUPTED = "This answer was interrupted here, because the server stopped."
NOT_KEPT = "{words} What you write now stays in this server's memory until it can be kept."
NOT_KEPT_YET = (
    "{words} This chat waits in this server's memory and is kept as soon as possible; if the "
    "server stops before that, its new messages are lost."
)
NO_STORE = "The database is not open yet, so chats cannot be kept there at the moment."
NOT_KEPT_ICON = ":material/cloud_off:"
SECRETS_BROKEN = (
    "The server's secrets.toml cannot be read, so nothing was sent and nothing is kept. The "
    "server's operator can fix it: it must be TOML in UTF-8, like secrets.toml.example."
)
SETTINGS_WRONG = (
    "A setting of the server is wrong, so nothing was sent and nothing is kept. The server's "
    "operator can fix it and restart the server. {words}"
)


def counted(forms: tuple[str, str], count: int) -> str:
    """Return a number with its noun, in the singular or the plural form."""
    singular, plural = forms
    return (singular if count == 1 else plural).format(count=count)


def sign_in(provider: str | None) -> str:
    """Return the label of the button to sign in with a provider, or with the only one."""
    return f"{SIGN_IN}: {provider}" if provider else SIGN_IN


def version_of(number: int, count: int) -> str:
    """Return which one of several versions is shown, such as 2/3."""
    return f"{number}/{count}"


def when(moment: float) -> str:
    """Return the UTC date of a Unix time in seconds."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d")


def file_name(title: str) -> str:
    """Return a file name, valid on all systems, for a chat with this title."""
    kept = re.sub(r"[^\w-]+", "-", title).strip("-")[:60]
    return kept or "chat"


def note(note: Note) -> str:
    """Return what the page says of something that came with an answer and is not text."""
    match note:
        case Image(url):
            return IMAGE_NOTE.format(kind=url.removeprefix("data:").partition(";")[0])
        case Source(url, title):
            form = TITLED_SOURCE_NOTE if title else SOURCE_NOTE
            return form.format(title=title, address=url)
        case ToolCall(name):
            return TOOL_NOTE.format(name=name)
        case Usage(question, answer):
            counts = [UNKNOWN_COUNT if n is None else f"{n:,}" for n in (question, answer)]
            return USAGE_NOTE.format(question=counts[0], answer=counts[1])


def more_notes(count: int) -> str:
    """Return how many notes are not shown."""
    return counted(MORE_NOTES, count)


def file_label(name: str, length: int) -> str:
    """Return a file's name with its length in characters."""
    return FILE_LABEL.format(name=name, length=counted(CHARACTERS, length))


def full_text(length: int) -> str:
    """Return the label of the fold that holds a long text of `length` characters."""
    return FULL_TEXT.format(length=counted(CHARACTERS, length))


def image(description: str) -> str:
    """Return the words of the link that replaces an image."""
    return f"Image: {description}" if description else "Image"


def model_label(
    name: str, tokens: int | None, maker: str, pace: ModelSpeed | None, *, is_favourite: bool
) -> str:
    """Return a model's name with its context size, maker and waiting time, as far as known."""
    parts = [f"★ {name}" if is_favourite else name, tokens_short(tokens), maker]
    if pace and pace.wait is not None:
        parts.append(f"{pace.wait:.1f} s")
    return " · ".join(filter(None, parts))


def tokens_short(tokens: int | None) -> str:
    """Return a number of tokens in few characters, such as 128K, or "" if it is not known."""
    if not tokens:
        return ""
    return f"{round(tokens / 1000)}K" if tokens >= 1000 else str(tokens)


def model_facts(facts: ModelInfo, pace: ModelSpeed | None) -> str:
    """Return what is known of a model: its id, context window, price and speed."""
    price = facts.get("price")
    parts = [facts["id"]]
    parts += [counted(CONTEXT_SIZE, facts["tokenLimit"])] if facts["tokenLimit"] else []
    parts += [counted(CHARACTERS, facts["maxLength"])] if facts["maxLength"] else []
    parts += [PRICE.format(**price)] if price else []
    return " · ".join([*parts, *(speed_facts(pace) if pace else [])])


def speed_facts(speed: ModelSpeed) -> list[str]:
    """Return the figures of a model's speed: its wait, its rate and its failures."""
    parts = [FIRST_TEXT.format(seconds=speed.wait)] if speed.wait is not None else []
    parts += [counted(RATE, round(speed.rate))] if speed.rate is not None else []
    return [*parts, FAILURES.format(share=100 * speed.failures, count=speed.count)]


def amount(value: float) -> str:
    """Return an amount in the service's own unit.

    It has two digits after the point, or four below 1, and none if they are all zero.
    """
    whole, _, digits = f"{value:,.{2 if abs(value) >= 1 else 4}f}".partition(".")
    digits = digits.rstrip("0")
    return f"{whole}.{digits:0<2}" if digits else whole


def balance(left: float, last: float | None, chat: float | None) -> str:
    """Return what is left, and what the last answer and the chat cost, as far as known."""
    parts = [BALANCE.format(balance=amount(left))]
    parts += [LAST_COST.format(cost=amount(last))] if last is not None else []
    parts += [CHAT_COST.format(cost=amount(chat))] if chat is not None else []
    return " · ".join(parts)


def room_label(share: float) -> str:
    """Return how full the model's context window is, in percent."""
    return CONTEXT.format(share=round(100 * share))


def room_figures(limit: ContextLimit, size: TextSize) -> str:
    """Return how full the context window is, in each unit for which the limit is known."""
    parts = []
    if limit.tokens:
        used = counted(TOKENS, size.tokens)
        parts.append(CONTEXT_USED.format(used=used, limit=f"{limit.tokens:,}"))
    if limit.characters:
        used = counted(CHARACTERS, size.characters)
        parts.append(CONTEXT_USED.format(used=used, limit=f"{limit.characters:,}"))
    return ", ".join(parts) or CONTEXT_UNKNOWN


def ordinal(number: int) -> str:
    """Return a number as a position in an order: 1st, 2nd, 3rd, 4th."""
    is_teen = 10 < number % 100 < 20
    ending = "th" if is_teen else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"


def too_long(limit: ContextLimit, size: TextSize) -> str:
    """Return by how much a question is too long."""
    return _too_long(TOO_LONG, limit, size)


def chat_too_long(limit: ContextLimit, size: TextSize) -> str:
    """Return by how much a chat is too long."""
    return _too_long(CHAT_TOO_LONG, limit, size)


def _too_long(words: str, limit: ContextLimit, size: TextSize) -> str:
    """Fill in `words` in the unit, tokens or characters, whose limit is exceeded by more."""
    over = limit.over(size)
    by_tokens = limit.share(TextSize(0, size.tokens)) > limit.share(TextSize(size.characters, 0))
    forms = TOKENS if by_tokens else CHARACTERS
    length, most, excess = (
        (size.tokens, limit.tokens, over.tokens)
        if by_tokens
        else (size.characters, limit.characters, over.characters)
    )
    return words.format(length=counted(forms, length), limit=f"{most:,}", over=f"{excess:,}")


def importing(done: int, chats: int) -> str:
    """Return how many of a file's chats have been imported so far."""
    return IMPORTING.format(done=done, chats=counted(IMPORTED_CHATS, chats))


def imported(chats: int, messages: int, prompts: int) -> str:
    """Return what an import has added."""
    return IMPORTED.format(
        chats=counted(IMPORTED_CHATS, chats),
        messages=counted(IMPORTED_MESSAGES, messages),
        prompts=counted(IMPORTED_PROMPTS, prompts),
    )


def not_imported(error: str, done: int, chats: int) -> str:
    """Return why an import ended early, and how many chats it had imported by then."""
    return NOT_IMPORTED.format(words=error, done=done, chats=counted(IMPORTED_CHATS, chats))
