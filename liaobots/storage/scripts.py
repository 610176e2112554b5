r"""Unicode ranges of scripts, as parts of a character class of a regular expression.

They are from the Unicode blocks (https://www.unicode.org/Public/UNIDATA/Blocks.txt), of which
neighbours are joined. Use them as `f"[{KANA}{HAN}]"`.
"""

THAI_AND_LAO = "\u0e00-\u0eff"
HANGUL = "\uac00-\ud7af"
KANA = "\u3040-\u30ff"
HAN = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
CJK_RADICALS = "\u2e80-\u2fff"
CJK_PUNCTUATION = "\u3000-\u303f"
FULL_WIDTH_FORMS = "\uff00-\uffef"
