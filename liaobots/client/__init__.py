"""The client: HTTP and bytes. It knows neither the page nor the database.

provider         the public contract: url, model, models, _create_completion
client           Client and Account: ask the service as the owner of an auth code
reply            an answer as an iterator that any thread can close
retry            one call: retries before the first byte, and maps every error
transport        a request that any thread can cancel
connection       connections that report their sockets, and responses that end
request_builder  the requests in each form of the protocol; no socket
decoder          the body of an answer: bytes in, text out; no socket
sse              event streams, line by line
chat_completion  the objects of OpenAI's chat completions API
error_detector   errors that come in place of an answer
error_mapping    what a status and the service's message mean
secret_finder    whether a text holds the auth code, also encoded
catalog          what is known of the models
settings         address, auth code, timeout: read at each call
"""
