"""The dialects of the protocol, by the word that LIAOBOTS_WIRE has for each.

base       what a dialect is: how to ask, how to read, what its services can do
liaobots   Liaobots' own two
openai     OpenAI's chat completions API

A new dialect is a new file and an entry here.
"""

from liaobots.client.dialects.base import Dialect
from liaobots.client.dialects.liaobots import Liaobots2023, Liaobots2025
from liaobots.client.dialects.openai import OpenAI

DEFAULT: Dialect = Liaobots2025()
DIALECTS: dict[str, Dialect] = {each.name: each for each in (DEFAULT, Liaobots2023(), OpenAI())}
