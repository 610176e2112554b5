"""The state of one visitor's page, and the server's stores as the page uses them.

Only this layer accesses Streamlit's session state.

available_models  the models on offer, and which of them are chosen
backend           the backend for an answer, from all that was chosen
balance           the balance of the visitor's code, and what answers cost
chats             the list of the visitor's chats, and the one that is shown
context_meter     how full the model's context window is
open_chat         a chat as the page shows it
pending_question  a question whose files are still being read
preferences       what the visitor chose for good
session           what the page knows of one browser tab
signing_keys      the keys that identity cookies are signed with
stores            the stores that may hold chats: the database and memory
visitor           who the visitor of this session is
widgets           the values of widgets, by their keys
"""
