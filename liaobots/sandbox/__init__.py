"""Run a function on an untrusted file in a child process, within limits of time and memory.

pool        `SandboxPool`: run a few processes at once, and keep the other jobs in a queue
job         `SandboxJob`: a job as its submitter sees it
fair_queue  `FairQueue`: jobs that wait; their owners take turns
process     `Child`: start a child process, and read its report
__main__    the child process itself
"""
