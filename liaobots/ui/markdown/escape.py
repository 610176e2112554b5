"""Single characters: which of them act in Streamlit's Markdown, and which hide.

Streamlit's Markdown is CommonMark with GitHub's additions, mathematics,
directives (`:red[...]`) and icons and emoji by name (`:smile:`). A backslash
takes the meaning from all but the last, which are looked for after Markdown
has been read; an invisible word joiner behind the colon does.
"""

import re
import unicodedata

JOINER = "\N{WORD JOINER}"
# Streamlit rewrites this to `:material_` wherever it stands in a text.
ICON = ":material/"
ACTIVE = re.compile(r"([!#$&)*+./:<=>@\\\]^_`{|}~-])")
# Escaped, it would look like the beginning of a formula: \\[x\\].
BRACKET = "&#91;"
# `:smile:`, `:material_home:`, `:100:`, but not the minutes in 12:30:45.
NAMED = re.compile(r":(?=(?!\d\d?:)[\w+-]+:)")
SPACES = re.compile(r"[\t\n\r\x0b\x0c\x85\u2028\u2029]")
# Characters that cannot be reveal_hidden, or that change the order of those around them.
# The joiners of emoji, of Persian and of Indic scripts are needed, and stay;
# behind a colon a word joiner is our own.
HIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e"
    "\u200f\u202a-\u202e\u2061-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0001-\U000e007f]"
    f"|(?<!:){JOINER}"
)


def escape_line(text: str) -> str:
    """Gives Markdown that reads as `text`, in one line, whatever is in it."""
    return escaped(reveal_hidden(" ".join(text.split())))


def escaped(text: str) -> str:
    """Gives Markdown that reads as `text`, wherever it stands."""
    text = NAMED.sub(":" + JOINER, text.replace(":" + JOINER, ":"))
    return ACTIVE.sub(r"\\\1", text).replace("[", BRACKET)


def reveal_hidden(text: str) -> str:
    """Gives text whose hidden characters are named, as [U+202E]."""
    if text.isascii() and text.isprintable():
        return text
    return HIDDEN.sub(lambda found: f"[U+{ord(found.group()):04X}]", SPACES.sub(" ", text))


def hidden_in(text: str) -> list[str]:
    """Gives the names of the hidden characters in a text, each once."""
    found = sorted(set(HIDDEN.findall(text)))
    return [unicodedata.name(each, f"U+{ord(each):04X}") for each in found]
