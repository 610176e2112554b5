"""SHOWS: the only room that knows Streamlit.

page        the page, read top to bottom
door        who may come in, and with which headers and identity
state       the only door to session_state, caches, cookies and secrets
sidebar, transcript, composer
            the parts of the page: one show() each
conversation
            questions and answers, and the answer that is being written
lookup      a slow fact, kept for a while and renewed in the background
markdown    text from outside, made fit for Markdown
texts       every word on the page
"""
