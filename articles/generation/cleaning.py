"""A model's section made fit for an article: what it says to its asker, headings and broken ends are taken out."""

from __future__ import annotations

import re

from articles.content import count_words

#: What a chat model says before it begins, or instead of it.
_PREFACES = re.compile(
    r"""(?ix) ^\W* (?:
      (?:sure|certainly|of\ course|absolutely|great|okay|ok)\b[^\n.!:]{0,80}[.!:]
    | (?:here(?:'s|’s|\ is|\ are)|below\ is|the\ following\ is)\b[^\n]{0,160}?(?::|\.(?=\s))
    | (?:claro|com\ certeza|certamente|aqui\ está|segue)\b[^\n]{0,160}?[.!:]
    | (?:ladies\ and\ gentlemen|dear\ readers?|hello\ everyone|olá)\b[^\n.!]{0,200}[.!]
    | (?:i'm|i’m|i\ am|we're|we\ are)\ (?:so\ )?(?:thrilled|excited|happy|glad|delighted|proud)\b[^\n.!]{0,200}[.!]
    | as\ (?:an?|the)\ [\w\ -]{2,40},\ i\b[^\n.!]{0,200}[.!]
    | (?:article|section|part|title|blog\ post|topic|artigo|seção)\s*:[^\n]*(?:\n|$)
    ) \s*"""
)
#: Sentences that speak about the text, or to whoever asked for it.
_ASIDES = re.compile(
    r"""(?ix) (?:^|(?<=[.!?]\s)|(?<=\n)) (?:
      (?:in\ this|in\ the|this|the|a\ recent)\ (?:article|blog|blog\ post|section|part\ of\ the\ article|post)\b
    | (?:here's|here’s|here\ is)\ (?:a|an|the|how\ you\ can)\b[^\n.:]*(?:article|version|draft|blog|revis|rewrit)\w*
    | in\ an?\ (?:blog\ )?(?:article|post)\b
    | i\ hope\ (?:this|that|you)\b | (?:let\ me\ know|feel\ free\ to\ ask)\b | thank\ you\ for\ reading\b
    | (?:neste|este|nesta|esta)\ (?:artigo|seção|texto)\b | espero\ que\b | (?:your|my)\ (?:response|answer)\b
    | as\ an\ ai\b | (?:note|word\ count)\s*:
    ) [^\n.!?:]* (?:[.!?:]+|$) \s*"""
)
#: What the bundled model is told, said back.
_ECHO = re.compile(r"(?i)(?:^|(?<=[.!?]\s)|(?<=\n))[^.!?\n]*\bfacts and practical advice\b[^.!?\n]*[.!?]*\s*")
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s*(.*?)\s*#*\s*$")
_RULER = re.compile(r"^\s*(?:[-*_=]\s*){3,}$")
_BOLD_LINE = re.compile(r"^\s*(?:\*\*|__)(.{1,120}?)(?:\*\*|__):?\s*$")
_MARKERS = re.compile(r"<\|[^|>\n]{0,40}\|>|</?s>|^<<<[0-9a-f]{8}$|^[0-9a-f]{8}>>>$", re.MULTILINE)
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*(?=\s|$)")
_NUMBER_ONLY = re.compile(r"(?:^|\n)\s*(?:\d+[.)]|[-*])\s*$")
_QUOTED = re.compile(r'^"([^"\n]+)"?$|^([^"\n]+)"$', re.MULTILINE)
_SENTENCES = re.compile(r"\S[^\n]*?[.!?]+[\"'”’)]*(?=\s|$)[^\S\n]*")
_LIST_LINE = re.compile(r"\s*(?:[-*+•]|\d{1,3}[.)])\s")
#: What a sentence begins with that goes on from one before it.
_LINKS = re.compile(r"(?i)(?:in fact|however|moreover|furthermore|additionally|in addition|also|therefore),\s+(?=\w)")
_ALIKE_WORDS, _LEAST_WORDS = 6, 8
_LETTERS = re.compile(r"[^\W_]+")


def cleaned(text: str, title: str, *, is_whole: bool = True) -> str:
    """Return a section's Markdown: no preface, no headings, not its title again, ended with a sentence.

    ``is_whole`` says that the model ended by itself; even then a last sentence without an end goes when there are
    others.
    """
    body = _MARKERS.sub("", text.replace("\r\n", "\n")).strip()
    body = _without_headings(body, title)
    for _time in range(3):
        body = _PREFACES.sub("", body, count=1)
    body = _QUOTED.sub(lambda found: found[1] or found[2], body)
    body = _without_title(_ECHO.sub("", _ASIDES.sub("", body)), title)
    body = re.sub(r"\n{3,}", "\n\n", body).strip()
    return body if is_whole and _ends_well(body) else ended(body)


def ended(text: str) -> str:
    """Return the text up to its last whole sentence; all of it when there is none."""
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    # "2." at the end of a list that was cut is no sentence.
    while ends and _NUMBER_ONLY.search(text[: ends[-1]]):
        ends.pop()
    return text[: ends[-1]].rstrip() if ends else text.strip()


def without_repeats(text: str, earlier: str, *, alike: bool = False) -> str:
    """Return the text without the sentences of eight words and more that stand in ``earlier`` already.

    ``alike`` takes out those too that begin with the same six words, as a small model begins section after section.
    """
    known = {_key(sentence[0], alike=alike) for sentence in _SENTENCES.finditer(earlier)}

    def kept(sentence: re.Match[str]) -> str:
        is_long = len(_LETTERS.findall(sentence[0])) >= _LEAST_WORDS
        return "" if is_long and _key(sentence[0], alike=alike) in known else sentence[0]

    lines = [line if _LIST_LINE.match(line) else _SENTENCES.sub(kept, line) for line in text.split("\n")]
    left = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    if left == text or not (link := _LINKS.match(left)):
        return left
    return left[link.end()].upper() + left[link.end() + 1 :]


def is_meagre(text: str, words: int) -> bool:
    """Whether a section is too short to stand: a third of the words it was to have, or fewer than two dozen."""
    return count_words(text) < max(min(24, words // 2), words // 3)


def _ends_well(text: str) -> bool:
    last = text.rpartition("\n")[2].rstrip()
    return bool(_SENTENCE_END.search(last[-4:])) and not _NUMBER_ONLY.search(text)


def _without_headings(text: str, title: str) -> str:
    kept = []
    for line in text.split("\n"):
        heading = _HEADING.match(line) or _BOLD_LINE.match(line)
        if heading is None and not _RULER.match(line):
            kept.append(line)
        elif heading is not None and _HEADING.match(line) is None and kept and not _is_same(heading[1], title):
            kept.append(line)  # a bold line inside a text is a small heading that may stay
    return "\n".join(kept).strip()


def _without_title(text: str, title: str) -> str:
    """Return the text without a first line or a first quotation that is only its title again."""
    first, _newline, rest = text.partition("\n")
    if _is_same(first, title):
        return rest.strip()
    return text


def _is_same(one: str, other: str) -> bool:
    return [word.casefold() for word in _LETTERS.findall(one)] == [word.casefold() for word in _LETTERS.findall(other)]


def _key(sentence: str, *, alike: bool) -> tuple[str, ...]:
    words = tuple(word.casefold() for word in _LETTERS.findall(sentence))
    return words[:_ALIKE_WORDS] if alike else words
