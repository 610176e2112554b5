"""The pages besides the chats, each drawn by a function `show`.

models     all models with their speed
prompts    the editor of the visitor's prompts
search     the search in titles and messages
transfer   export and import
trash      deleted chats and messages
"""
