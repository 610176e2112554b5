"""Every word on the page, and the icons that stand beside the words."""

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
DELETE_WARNING = "The chat and all its messages will be gone for good."
DELETE_NOW = "Delete for good"
KEEP = "Keep it"
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
MODELS_UNKNOWN = "The live list of models could not be read; the built-in ones are shown."

ASK = "Ask anything"
TO_THE_END = "Newest"
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


def image(words: str) -> str:
    """Gives what stands for an image that is not loaded."""
    return f"Image: {words}" if words else "Image"


def model_label(name: str, tokens: int | None) -> str:
    """Gives a model's name with its context size, where that is known."""
    if not tokens:
        return name
    size = f"{round(tokens / 1000)}K" if tokens >= 1000 else str(tokens)
    return f"{name} · {size}"
