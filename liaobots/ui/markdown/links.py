"""Links: where their addresses lead, and how they are written."""

from urllib.parse import urlsplit

# Characters that could end an address between < and >, or begin code or a formula.
UNSAFE = str.maketrans({each: f"%{ord(each):02X}" for each in '<>\\ "`$|\n\r\t'} | {"&": "&amp;"})


def host_of(address: str) -> str:
    """Return the host that an address leads to, or "" if it leads to no other site."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return ""
    if parts.scheme == "mailto":
        return parts.path.rpartition("@")[2]
    return host if parts.scheme in ("http", "https") else ""


def link(words: str, address: str) -> str:
    """Return a Markdown link. `words` are Markdown already."""
    # Streamlit replaces the names of icons in addresses too.
    destination = address.translate(UNSAFE).replace(":material/", "%3Amaterial/")
    return f"[{words}](<{destination}>)"
