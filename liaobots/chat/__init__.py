"""REMEMBERS: no page, no HTTP. What it needs from the service is handed in.

generation   answers being written by threads of the server
answer       one of them, for those who follow it
seam         where a continued answer joins what was there
store        conversations and messages: every read and write, by owner
record       what the store gives and takes
query        the SQL of the store
database     opens SQLite or PostgreSQL, at the newest layout
layout       the tables, and their version
migrations   how an older layout becomes the newest (Alembic)
"""
