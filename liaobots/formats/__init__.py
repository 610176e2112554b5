"""Chats into files, and out of files of four kinds. Pure: no store, no page, no network.

A file may hold anything. What is read from it are chats that are trees of
sound turns, or an `InvalidInput` that names the place and what to do.

parcel     what is carried: chats, turns, prompts
window     a part of a large file, and lines and columns in it
reading    a file into JSON values, one at a time
given      a value of unknown shape, and where it stood
lineage    which turn stands below which
own        our own format, in and out
chatgpt    conversations.json of ChatGPT
claude     conversations.json of Claude
chatbotui  the legacy Chatbot UI, versions 1 to 4
kind       which of these a file is
page       a chat as Markdown
"""

from liaobots.formats.detect import read
from liaobots.formats.markdown import to_markdown
from liaobots.formats.native import to_json
from liaobots.formats.text_window import LIMIT
from liaobots.storage.bundle import Chat, ExportedMessage, Prompt

__all__ = ["LIMIT", "Chat", "ExportedMessage", "Prompt", "read", "to_json", "to_markdown"]
