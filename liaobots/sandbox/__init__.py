"""Run a function on a file in a process of its own, within limits.

pool        a few processes at once, the other jobs in a queue
job         a job as whoever submitted it sees it
fair_queue  jobs that wait, each owner's in turn
process     start a child process, and learn how it ended
__main__    the child process itself
"""
