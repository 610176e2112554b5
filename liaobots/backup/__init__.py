"""COPIES all rows of one database into another, whatever their kinds.

copy     the whole of it: refuses, copies or goes on, compares, takes the mark away
end      one of the two databases, opened for as long as it takes
mark     the mark of a copy that is not finished
chats    the chats, each with all that belongs to it
loose    the rows that belong to no chat
digest   what two tables are told apart by: the number and a hash of their rows
"""
