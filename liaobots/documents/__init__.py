"""Extract text from documents. Only sandbox processes import these modules, not the server.

pdf  the text of the pages of a PDF

Each module has a function `extract` of a source, a result and limits. The messages of its
errors begin with "The file", which the page replaces by the name of the file.
"""
