"""What processes of the sandbox read. No module of the server imports one of these.

pdf   the text of a PDF's pages

Each is a function of a source, a result and bounds. The words of a refusal begin
with "The file", in whose place the page puts the file's name.
"""
