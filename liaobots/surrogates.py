"""Lone surrogates: halves of a character in UTF-16, which JSON may carry and UTF-8 may not."""


def replace_lone(text: str) -> str:
    """Return a text in which pairs of surrogates are one character, and lone ones are U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
