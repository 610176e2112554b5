"""TALKS: HTTP and bytes. Knows no page and no database.

provider    the contract: url, model, models, _create_completion
client      Client: one road to the service
reply       an answer on its way, which any thread can end
call        one call: tries again before the first byte, makes every error ours
line        a request that any thread can hang up on
wire        how to ask, in each form of the wire; no socket
decoder     how to read an answer: bytes in, text out; no socket
events      event streams, line by line
verdict     what is no answer but a refusal, in whatever form it comes
completion  the objects of OpenAI's chat completions API
fault       what a status number and the service's words mean
disguise    whether a text holds the code, also in a coding
catalog     what is known of the models
setting     where to talk to, as whom, for how long; read at each call
standin     a local service that speaks the wire; imports nothing of ours
"""
