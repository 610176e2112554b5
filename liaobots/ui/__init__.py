"""SHOWS: the only room that knows Streamlit.

page        the page, read top to bottom
door        who may come in, and with which headers and identity
state       who is here, and whom they talk to: session, cookie, secrets, settings
chats       the visitor's chats: which there are, which is open, what is done with them
navigation, sidebar, heading, transcript, composer
            the parts of the page: one show() each
server      what this server holds for all its visitors
codes       the auth codes that visitors typed
lookup      a slow fact, kept for a while and renewed in the background
sheet       a text on the page, of which only what has changed is sent again
markdown    text from outside, made live, linear and safe
following   keeps the end of a chat in view
texts       every word on the page
"""
