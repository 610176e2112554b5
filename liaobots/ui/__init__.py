"""SHOWS: the only room that knows Streamlit.

page        the page, read top to bottom
door        who may come in, and with which headers and identity
state       the only door to session_state, cookies, secrets and what the server holds
navigation, sidebar, heading, transcript, composer
            the parts of the page: one show() each
server      what this server holds for all its visitors
codes       the auth codes that visitors typed
lookup      a slow fact, kept for a while and renewed in the background
markdown    text from outside, made fit for Markdown
texts       every word on the page
"""
