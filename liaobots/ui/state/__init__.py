"""The state of one visitor's page, and the server's stores as the page uses them.

attempt           run what a visitor asked for, and note why it failed
available_models  the models on offer, and which of them are chosen
backend           the backend for an answer, from all that was chosen
balance           the balance of the visitor's code, and what answers cost
context_meter     how full the model's context window is
open_chat         the open chat, and the list of chats
pending_question  questions whose files are still being read
preferences       what the visitor chose for good
session           what the composer holds and which panels are open
signing_keys      the keys that identity cookies are signed with
stores            the stores that may hold chats: the database and memory
visitor           who the visitor of this session is
"""
