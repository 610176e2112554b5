"""Tests of the running app in a real Chromium.

test_chat_actions         edit, branch, compare, search, prompts, export, drafts
test_files_in_questions   files that are read while the page is used
test_models_and_balance   the page of models, the balance and the context window
test_reconnect            answers survive reloads, lost connections and killed servers
test_session_joining      a session belongs to its browser
test_transcript           how a model's text is shown
"""
