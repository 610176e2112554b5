"""Tests of safe Markdown.

documents       a Hypothesis strategy for texts of models and attackers
test_cache      the cache of parsed texts
test_safe       what is written has no effect but the intended one
test_sections   growing texts and reasoning
"""
