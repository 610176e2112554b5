"""The demo service: a local server that speaks every form of the service's protocol.

server   the HTTP server and its command line
answers  the text of the answers: a tour of the app, or the rest of an interrupted answer
faults   the `fault:` modes: refusals and broken answers
shapes   the `shape:` modes: the ways to encode and send an answer
"""
