"""REMEMBERS: no page, no HTTP. What it needs from the service is handed in.

generation   answers being written by threads of the server
answer       one of them, for those who follow it
writer       who writes it: asks, receives, and lets another model stand in
road         how it reaches the service: handed in by whoever asks
room         how much of a model's room a chat fills, and what is sent
till         what is left on a code, and what an answer took from it
seam         where a continued answer joins what was there
store        conversations and messages: every read and write, by owner
trash, search, prompts, porter, preferences, speed
             what lies beside the conversations, in the same database
identities   what signs visitors' identities, and who was known before they were signed
importing    a file of chats being brought in by a thread of the server
copying      all rows of one database into another
transfer     chats as files: ours, and those of others
record       what the store gives and takes
tree         versions and branches of a conversation's messages
gram         what is looked for, and where it stands
title        a title from a first question
query        the SQL of conversations and messages,
listing      of their list,
writing      of answers being written,
index        and of what can be found
database     opens SQLite or PostgreSQL, at the newest layout
layout       the tables, and their version
migrations   how an older layout becomes the newest (Alembic)
"""
