"""The words of this project in the reader's language: catalogs, plurals, numbers and dates.

A sentence stands where it is used, in English, and is looked up when it is shown:

    _("Remove {name}", name=name)
    counted("{count} chat", "{count} chats", count)

What is worded later, by whoever reads it, is a `Sentence`; every error has one. Catalogs are
.po files of gettext, one for each language, named by the language's code;
`python -m tests.support.catalogs` brings them up to date with the code. The language is that
of the current context, which is English unless `use` sets another one.

catalog   the catalogs, and which of them a reader gets
sentence  sentences that are worded later
numbers   numbers and dates
"""

from liaobots.locale.catalog import language, languages, use
from liaobots.locale.sentence import Sentence, _, counted, date, number

__all__ = ["Sentence", "_", "counted", "date", "language", "languages", "number", "use"]
