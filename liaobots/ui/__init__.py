"""SHOWS: the only room that knows Streamlit.

page        the page, read top to bottom
door        who may come in, and with which headers
client_address
            whose address a request comes from, and which proxies may say so
socket_limits
            what comes in over WebSockets is bounded before it costs
socket_meter, websocket_frames
            how much a socket and an address have sent, counted before it is parsed
session_storage
            the sessions of visitors who left, shared out between addresses
server_settings
            the settings of the server that are wrong
identity_middleware
            which browser it is, and which session it may join
identity_cookie
            the cookie by which it is known, and how that is signed
state       who is here, and whom they talk to: session, cookie, secrets, settings
chats       the visitor's chats: which there are, which is open, where they are kept
wishes      what visitors do with them
shelf       what is kept beside the open chat: trash, finds, prompts, files
attempt     a wish that may fail, with the words for the page
offer       the models on offer, and which is chosen
choice      what the visitor chose for good
way         the way to the service for an answer, from all that was chosen
money       what is left on the code, and what answers cost
meter       how full the model's room is
desk        the question being put together, and what is open beside it
navigation, sidebar, heading, transcript, composer
            the parts of the page: one show() each
message, beside, panel
            one message; answers beside each other; what opens below a message
library     prompts and instructions, above the composer
search, models, prompts, transfer, trash
            what stands in the place of a chat, each at an address of its own
server      what this server holds for all its visitors
codes       the auth codes that visitors typed
lookup      a slow fact, kept for a while and renewed in the background
sheet       a text on the page, of which only what has changed is sent again
markdown    text from outside, made live, linear and safe
pending     questions that wait for their files to be read
reading     a file's text at once, or its reading in another process
scratch     folders for files that are worked on
material    files into the text of a question, and back
difference  two texts, word by word
browser     what runs in the browser: the only script of ours
texts       every word on the page
"""
