"""Storage of chats: SQLAlchemy over SQLite or PostgreSQL. It knows no page and no HTTP.

store            conversations and messages: every read and every write, by owner
trash            what was deleted, until it is restored or purged
search           the search in titles and texts
prompts          named texts with placeholders
preferences      what visitors chose
speed            how fast each model was
identities       the secrets that sign identities, and the owners of unsigned ones
chat_io          export and import of an owner's chats
chat_rows        the rows of one chat, read from one database and merged into another
records          the types that the store returns and accepts
bundle           the types of exported chats
tree             versions and branches of a conversation's messages
title            a title from a first question
queries          the SQL of conversations and messages
chat_list        the SQL of their list
answer_queries   the SQL of answers that are being written
deletion         deletion for good, in short transactions
search_index     the SQL of the search index
indexer          additions to the search index, in short transactions
ngrams           the n-grams of a text and of a query
scripts          Unicode ranges of scripts
background       work in a thread that nobody waits for
write_queue      the order in which threads write to SQLite
notes            what came beside text and reasoning, limited
lease            the mark of an unfinished copy
database         opens a database at the newest layout
schema           the tables, and their version
migrations       the steps from older layouts (Alembic)
"""
