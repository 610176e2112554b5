"""The page and everything else that knows Streamlit or HTTP servers.

page              the page, read top to bottom; `app.py` wraps it

asgi              middleware around the page
components        the parts of the page, with one `show()` each
views             what is shown in place of a chat, each at its own address
actions           what visitors do: callbacks that run before the page is drawn
state             the state of one visitor's page
markdown          text from outside, rendered safely and in linear time
browser           the script and styles that run in the browser
texts             every word on the page

attachments       files in the text of a question
auth_codes        the auth codes that visitors typed
background_value  a slow value, renewed in the background
client_address    the address by which a visitor is counted
file_reader       read files for a question
identity          who the visitor is, how that is known, and which service they use
identity_cookie   the cookie that identifies a browser, and its signature
notice            why something could not be done
private_folder    a temporary folder that disappears with the process
server_settings   the server's settings and secrets, and what is wrong with them
server_state      what this server keeps for all its visitors
uploads           the files that visitors have uploaded
word_diff         the difference of two texts, word by word
"""
