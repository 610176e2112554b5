"""REMEMBERS: no page, no HTTP. What it needs from the service is handed in.

store        conversations and messages, in SQLite or PostgreSQL
layout       the tables, and their version
migrations   how an older layout becomes the newest (Alembic)
generation   answers being written by threads of the server
seam         where a continued answer joins what was there
"""
