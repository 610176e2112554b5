"""Chats as files: our own format and Markdown, and the exports of ChatGPT, Claude and Chatbot UI.

A file may hold anything. What is read from it are chats whose messages form a tree, or
`InvalidInput` is raised, which names the position in the file and what to do.

detect         read a file of any of these formats
native         our own format, read and written
chatgpt        conversations.json of ChatGPT
claude         conversations.json of Claude
chatbotui      exports of the legacy Chatbot UI, versions 1 to 4
markdown       a chat as Markdown
json_reader    `JsonReader`: decode a large JSON file one value at a time
text_window    `Window`: the part of a large file that is being read
checked_value  `CheckedValue`: a decoded value of unknown type, and its path in the file
parent_links   which message follows which: check the tree, and walk it
record_file    the records that the reading process hands to the server
import_job     `ImportQueue`, `ImportJob`: read a file and store its chats
"""

from liaobots.formats.detect import read
from liaobots.formats.markdown import to_markdown
from liaobots.formats.native import to_json
from liaobots.formats.text_window import MAX_FILE_BYTES
from liaobots.storage.bundle import Chat, ExportedMessage
from liaobots.storage.records import Prompt

__all__ = ["MAX_FILE_BYTES", "Chat", "ExportedMessage", "Prompt", "read", "to_json", "to_markdown"]
