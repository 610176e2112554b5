"""The parts of the page, each drawn by a function `show`.

answer_view     an answer, or any Markdown, drawn section by section
chat_header     a chat's title and menu, and why something was not done or saved
comparison      several answers in columns
composer        the input for questions, and the tools above it
message         one message with its text, state and actions
message_panel   the panel below a message, for an action that needs more input
navigation      the list of chats and views in the sidebar
prompt_picker   the visitor's prompts and the chat's instructions
sidebar         the settings below the list: models, auth token, sign-in
transcript      the messages of a chat, and the answers that are being written
"""
