"""Copies all rows of one database into another, of whatever kinds.

copy         the whole copy: refuse, copy or continue, compare, remove the mark
endpoint     one of the two databases, opened for as long as the copy takes
chat_rows    the chats, each with everything that belongs to it
other_rows   the rows that belong to no chat
checksums    comparison of two tables by the number and a hash of their rows
"""
