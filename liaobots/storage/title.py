"""A chat's title from its first question, without asking a model.

Code, quotations, pasted text and greetings are skipped, up to the first sentence that
says something.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from liaobots.storage.scripts import CJK_PUNCTUATION, CJK_RADICALS, FULL_WIDTH_FORMS, HAN, KANA

MAX_TITLE_CHARACTERS = 60
# How many characters of a question are examined.
EXAMINED_CHARACTERS = 4_000
# A title is not cut between words if it became shorter than this.
MIN_TITLE_CHARACTERS = 20

FENCED = re.compile(r"^[ >]*(`{3,}|~{3,})[^`\n]*$.*?(?:^[ >]*\1[`~]*[ \t]*$|\Z)", re.M | re.S)
TRIPLE_QUOTED = re.compile(r"^[ \t]*(\"{3}|'{3}).*?(?:\1|\Z)", re.M | re.S)
FENCE_LINE = re.compile(r"^[ \t>]*(?:`{3,}|~{3,})[^`\n]*$", re.M)
QUOTED = re.compile(r"^ {0,3}>.*$", re.M)
INDENTED = re.compile(r"(?: {4}|\t)\s*(?!\s|(?:[-*+•]|\d{1,3}[.)])\s)")
# A line of a program, a log, a table or a traceback; two of them are pasted text.
PASTED = re.compile(
    r"^(?:\s{2,}\S|\s*(?:at |File \"|Traceback |import |from \w+ import|def |class |#include"
    r"|</?\w|\d{4}-\d\d-\d\d|\[\d|[{}\])]))|[;{}\\]$|^[^ ,]*,[^ ,]+,|\t"
)
LINE_MARK = re.compile(r"\s*(?:#{1,6}\s+|>\s?|[-*+•]\s+(?:\[[ xX]\]\s+)?|\d{1,3}[.)]\s+)")
LINK = re.compile(r"!?\[([^\[\]]{1,200})\]\([^()\s]{0,300}\)")
EMPHASIS = re.compile(
    r"(?<![*0-9A-Za-z)])(\*{1,3})(?=[^\s*])([^*]{1,200})(?<=\S)\1(?![*0-9A-Za-z])"
    r"|(?<!\w)(_)(?=[^\s_])([^_]{1,200})(?<=\S)_(?!\w)"
    r"|(~~)(?=[^\s~])([^~]{1,200})(?<=\S)~~"
)
SENTENCE_END = re.compile(r"[.!?…]+[\"'»”)\]]*(?=\s)|[。！？]+[」』”）]*")
# A full stop after these does not end a sentence.
ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:(?:\w\.)*\w|dr|mr|mrs|ms|prof|st|vs|etc|approx|fig|см|др|пр|г|ул|руб)\.$",
    re.I,
)
PLAIN_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
# Where a line may be cut: at a space, and around a character that is a word by itself.
SIGN = f"[{CJK_RADICALS}{CJK_PUNCTUATION}{KANA}{HAN}{FULL_WIDTH_FORMS}]"
CUT = re.compile(rf"(?=\s)|(?={SIGN})|(?<={SIGN})")
JOINERS = "\u200c\u200d"
# Introductory words: each of these is removed as often as it occurs.
ENGLISH = r"""
    (?:hi|hello|hey|greetings|good\ (?:morning|afternoon|evening|day)|dear)
    (?!,?\s(?:world|kitty))
    (?:\s(?:there|all|everyone|everybody|team|guys|folks|again|friend|assistant|ai|bot|sir
    |chatgpt|chat|gpt(?:-?\d\w*)?|claude|gemini|deepseek|qwen|grok|liaobots))?
    |please|pls|hm+|um+|thanks(?:\ in\ advance)?|thank\ you|excuse\ me|ok|okay|quick\ question
    |(?:so|well|now|sorry)(?=,)
    |(?:can|could|would|will)\ (?:you|u)(?:\ (?:please|pls|kindly|just|maybe|possibly))?
    |i(?:\ want|\ need|\ would\ like|['’]d\ like|['’]d\ love)\ you\ to
    |i(?:\ want|\ need|\ would\ like|['’]d\ like)\ to\ (?:know|ask)(?:\ you)?
    |i(?:\ was|['’]m|\ am)\ (?:just\ )?wondering(?:\ if\ you\ (?:can|could))?
    |i(?:\ have|['’]ve\ got|\ got)\ a\ (?:\w+\ )?question(?=\s*[,.:!-]|\s*$)
    |(?:tell\ me|do\ you\ know)(?=,?\s(?:how|what|why|when|where|who|which|if|whether)\b)
    |help\ me(?:\ to)?(?=\s(?:write|make|create|build|find|fix|plan|choose|draft|understand)\b)
"""
RUSSIAN = r"""
    здравствуй(?:те)?|привет(?:ствую|ик)?|добр(?:ый\ день|ый\ вечер|ое\ утро|ого\ времени\ суток)
    |хм+|хай|салют|пожалуйста|плиз|спасибо(?:\ заранее)?|заранее\ спасибо|извини(?:те)?(?=,)
    |будь(?:те)?\ (?:добр[аы]?|любезн[аы]?)|прошу(?:\ (?:тебя|вас))?|(?:итак|слушай|слушайте)(?=,)
    |(?:а\s)?(?:(?:ты|вы)\s)?(?:не\s)?(?:можешь|можете|мог(?:ла|ли)?\ бы)(?:\ ли)?(?:\ (?:ты|вы))?
    |подскажи(?:те)?(?:\ мне)?|скажи(?:те)?(?:\ мне)?(?=,|\ пожалуйста)
    |(?:ты\ |вы\ )?не\ подскаж(?:ешь|ете)|у\ меня\ (?:есть\ )?вопрос(?=\s*[,.:!-]|\s*$)
    |помоги(?:те)?(?:\ мне)?(?=,?\s\w+(?:ть|ти|чь)(?:ся)?\b)
"""
# There are no spaces between these words, so 请 may also begin another word, such as 请求.
CHINESE = r"""
    (?:你|您|大家)好(?!吗|嗎|不|坏|像|多)(?:啊|呀)?|嗨|哈喽|哈囉|早上好|下午好|晚上好|早安
    |(?:请|請)(?:问|問|教)(?:一下)?|(?:请|請)(?![求假客帖柬愿战示])(?:你|您)?
    |麻烦(?=你|您|请|帮)|麻煩(?=你|您|請|幫)|劳驾|谢谢(?:你|您)?|謝謝(?:你|您)?
    |(?:我想|我要|我希望|我想让|我想讓|我想请|我需要)(?:你|您)
    |我有(?:一)?个(?:小)?问题(?=\s*[，,。：:！!]|\s*$)
    |(?:你|您)?(?:能不能|可不可以|能否|可否|可以|能)?(?:帮|幫)(?:我|忙|助我)(?:一下)?
    |(?:你|您)(?:能不能|可不可以|能否|可否|可以|能)|(?:你|您)(?=帮|幫)|(?:能不能|可不可以|能否)(?=告|给|給)
"""
LABEL = "(?:question|q|task|вопрос|задача|问题|問題)\\s*(?=[:：])"
ADDRESS = r"https?://\S+(?=\s)"
SEPARATOR = r"(?:[\s,.!?？:;…，。！、：；～~)\u2600-\u27bf\ufe0f\U0001f300-\U0001faff]|[-–—]\s)*"
COURTESY = re.compile(
    rf"{SEPARATOR}(?:(?:(?:{ENGLISH}|{RUSSIAN}|{LABEL})(?![\w'’-]|\.\w)|{CHINESE}|{ADDRESS}){SEPARATOR})+",
    re.I | re.X,
)


def title_from(question: str) -> str:
    """Return a title of one line, or "" if the question contains no words."""
    text = _visible(question[:EXAMINED_CHARACTERS])
    lines = [line for line in map(_unmarked, _prose(text)) if line]
    sentences = (_first_sentence(_without_courtesy(line)) for line in lines)
    telling = (each for each in sentences if re.search(r"\w", each))
    found = next(telling, None) or next(map(_first_sentence, lines), "")
    return _cut(_capitalised(found) or _any_line(text))


def _visible(text: str) -> str:
    """Return a text without control characters, and with one kind of line end."""
    text = unicodedata.normalize("NFC", text)
    return "\n".join("".join(filter(_is_visible, line)) for line in text.splitlines())


def _is_visible(character: str) -> bool:
    return character in JOINERS + "\t" or unicodedata.category(character) not in ("Cc", "Cf", "Cs")


def _prose(text: str) -> Iterator[str]:
    """Return the lines that were written, and not quoted or pasted."""
    for pattern in (FENCED, TRIPLE_QUOTED, QUOTED):
        text = pattern.sub("\n", text)
    for paragraph in re.split(r"\n\s*\n", text):
        yield from _unpasted(paragraph.splitlines())


def _unpasted(lines: list[str]) -> Iterable[str]:
    """Return the lines of a paragraph; of pasted text, only its introduction and the question."""
    if all(map(INDENTED.match, lines)):
        return []
    pasted = [PASTED.search(line) is not None for line in lines]
    if len(lines) < 2 or sum(pasted) < max(2, len(lines) / 2):
        return lines
    start = pasted.index(True)
    return lines[:start] + [line for line in lines[start:] if line.rstrip().endswith(("?", "？"))]


def _unmarked(line: str) -> str:
    """Return a line without Markdown's marks, except those of code."""
    while mark := LINE_MARK.match(line):
        line = line[mark.end() :]
    line = EMPHASIS.sub(lambda found: found[2] or found[4] or found[6], LINK.sub(r"\1", line))
    return " ".join(line.split()).strip(JOINERS + " ")


def _without_courtesy(line: str) -> str:
    """Return a line without greetings and polite words at its beginning."""
    courtesy = COURTESY.match(line)
    return line[courtesy.end() :] if courtesy else line


def _first_sentence(line: str) -> str:
    for end in SENTENCE_END.finditer(line):
        sentence = line[: end.end()]
        if not ABBREVIATION.search(sentence[-20:]):
            return sentence
    return line


def _capitalised(sentence: str) -> str:
    """Return a sentence as a title: with a clean end and a capital first letter."""
    words = " ".join(sentence.replace("`", "").split()).strip(JOINERS + " ")
    words = words.rstrip(",;:，；：、 ")
    if words[-1:] in (".", "。") and words[-2:-1] != "." and not ABBREVIATION.search(words[-20:]):
        words = words[:-1].rstrip()
    first = words.split(" ", 1)[0].rstrip(",.:;!?…")
    is_plain = PLAIN_WORD.fullmatch(first) and first.islower() and not sentence.startswith("`")
    capital = words[:1].upper()
    return capital + words[1:] if is_plain and len(capital) == 1 else words


def _any_line(text: str) -> str:
    """Return the first line that is not empty."""
    lines = map(_unmarked, FENCE_LINE.sub("", text).splitlines() + text.splitlines())
    return next((line for line in lines if line), "")


def _cut(title: str) -> str:
    if len(title) <= MAX_TITLE_CHARACTERS:
        return title
    places = [place.start() for place in CUT.finditer(title[:MAX_TITLE_CHARACTERS])]
    at = max(
        (place for place in places if MIN_TITLE_CHARACTERS <= place < MAX_TITLE_CHARACTERS),
        default=MAX_TITLE_CHARACTERS - 1,
    )
    while at > MIN_TITLE_CHARACTERS and _is_joined(title[at]):
        at -= 1
    return title[:at].rstrip(' ,.;:–—-(«“"，。；：、（' + JOINERS) + "…"


def _is_joined(character: str) -> bool:
    """Return whether a character is combined with the one before it."""
    return character in JOINERS or unicodedata.category(character) in ("Mn", "Me", "Mc")
