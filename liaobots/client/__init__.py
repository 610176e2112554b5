"""The client: HTTP and bytes. It knows neither the page nor the database.

provider         the public contract: url, model, models, _create_completion
client           Client and Account: ask the service as the owner of an auth code
reply            an answer as an iterator that any thread can close
retry            one call: retries before the first byte, and maps every error
transport        a request that any thread can cancel
connection       connections that report their sockets, and responses that end
messages         the messages of a question, checked
dialects         how to ask in each dialect, and what its services can do
decoder          an answer: bytes in, pieces out; no socket
body             what a body is, whatever its content type says
sse              event streams, line by line
json_objects     JSON objects, one after the other
raw_text         raw text, held back until it is clear that it is no error
answer_reader    the objects of an answer: objects in, pieces out
error_detector   errors that come in place of an answer
error_mapping    what a status and the service's message mean
secret_finder    whether a text holds the auth code, also encoded
catalog          what is known of the models
settings         address, auth code, timeout: read at each call
"""
