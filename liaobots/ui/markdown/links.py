"""Addresses of links and images: where they lead, and how they are written."""

from urllib.parse import urlsplit

# What could end an address that stands between < and >, or be taken for code or a formula.
UNSAFE = str.maketrans({each: f"%{ord(each):02X}" for each in '<>\\ "`$|\n\r\t'} | {"&": "&amp;"})


def host_of(address: str) -> str:
    """Gives the host of another site, or "" where an address is none of another site's."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return ""
    if parts.scheme == "mailto":
        return parts.path.rpartition("@")[2]
    return host if parts.scheme in ("http", "https") else ""


def link(words: str, address: str) -> str:
    """Gives a link in Markdown, from words that are Markdown already."""
    # Streamlit looks for the names of icons in addresses too.
    destination = address.translate(UNSAFE).replace(":material/", "%3Amaterial/")
    return f"[{words}](<{destination}>)"
