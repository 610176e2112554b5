"""The characters that act in Streamlit's Markdown, and those that are invisible.

Streamlit's Markdown is CommonMark with GitHub's additions, mathematics,
directives (`:red[...]`), and icons and emoji by name (`:smile:`). A backslash
escapes all of these except names: Streamlit replaces names after the Markdown
has been parsed. An invisible word joiner after the colon prevents that.
"""

import re
import unicodedata

JOINER = "\N{WORD JOINER}"
# Streamlit rewrites this to `:material_` everywhere in a text.
ICON = ":material/"
ACTIVE = re.compile(r"([!#$&)*+./:<=>@\\\]^_`{|}~-])")
# With a backslash it would look like the beginning of a formula: \\[x\\].
BRACKET = "&#91;"
# `:smile:`, `:material_home:`, `:100:`, but not the minutes in 12:30:45.
NAMED = re.compile(r":(?=(?!\d\d?:)[\w+-]+:)")
SPACES = re.compile(r"[\t\n\r\x0b\x0c\x85\u2028\u2029]")
# Invisible characters, and those that change the order of the characters around them.
# The joiners that emoji, Persian and Indic scripts need are not among them. A word
# joiner after a colon was inserted by `escaped`.
HIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e"
    "\u200f\u202a-\u202e\u2061-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0001-\U000e007f]"
    f"|(?<!:){JOINER}"
)


def escape_line(text: str) -> str:
    """Return Markdown that shows `text` literally, in one line."""
    return escaped(reveal_hidden(" ".join(text.split())))


def escaped(text: str) -> str:
    """Return Markdown that shows `text` literally, at any position in a document."""
    text = NAMED.sub(":" + JOINER, text.replace(":" + JOINER, ":"))
    return ACTIVE.sub(r"\\\1", text).replace("[", BRACKET)


def reveal_hidden(text: str) -> str:
    """Return `text` with each hidden character replaced by its code point, such as [U+202E]."""
    if text.isascii() and text.isprintable():
        return text
    return HIDDEN.sub(lambda found: f"[U+{ord(found.group()):04X}]", SPACES.sub(" ", text))


def hidden_in(text: str) -> list[str]:
    """Return the Unicode names of the hidden characters in a text, each once."""
    found = sorted(set(HIDDEN.findall(text)))
    return [unicodedata.name(each, f"U+{ord(each):04X}") for each in found]
