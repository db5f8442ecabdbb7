"""Is a question surely not about the data, so that it costs no run and no call of a model?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from worker.analysis.contract import Decline, TableView
from worker.analysis.wording import safe_words
from worker.models.builtin import suggest
from worker.models.builtin.tokens import name_words, stem

MARK = "NOT_ABOUT_THE_DATA:"
"""How a model says so, at the start of a reply that is one line."""
_REASON_CHARS_MAX = 200
_QUESTION_CHARS_MAX = 400
_VALUES_MAX = 20_000
_ABOUT = "I answer questions about the tables of this session"

_YOU = r"(?:you|u|sandglass|chat\s?gpt|gpt|claude|assistant|bot|computer)"
_GREETING = (
    rf"(?:(?:hi|hello|hey|howdy|greetings|good\s+(?:morning|afternoon|evening|night|day)|yo|hiya)"
    rf"(?:\s+(?:there|again|all|everyone|{_YOU}))?|how\s+(?:are|r)\s+{_YOU}(?:\s+(?:doing|today|doing\s+today))?|"
    r"(?:what'?s|what\s+is)\s+up|nice\s+to\s+meet\s+you|(?:are|r)\s+you\s+there)"
)
_THANKS = (
    r"(?:(?:many\s+)?thanks?(?:\s+(?:you|a\s+lot|so\s+much|very\s+much))*(?:\s+for\s+(?:your\s+|the\s+)?help)?|"
    r"thx|cheers|good\s?bye|bye(?:\s+bye)?|see\s+you(?:\s+later)?|great(?:\s+job)?|well\s+done|"
    r"(?:good|nice|great)\s+(?:job|work|bot)|cool|awesome|perfect|ok(?:ay)?|lol|haha+)"
)
_SELF = (
    rf"(?:who|what)\s+(?:exactly\s+)?(?:are|r)\s+{_YOU}(?:\s+called)?|what(?:'s|\s+is)\s+your\s+(?:name|age|"
    rf"job|purpose|favou?rite\b.*|opinion\b.*|gender|birthday|mood)|(?:do|can|could|would|did)\s+{_YOU}\s+"
    r"(?:like|love|hate|feel|sleep|dream|think|eat|know\s+me|remember\s+me|speak|sing|dance|marry|lie)\b.*|"
    rf"are\s+{_YOU}\s+(?:a\s+|an\s+)?(?:real|human|robot|bot|ai|machine|person|alive|conscious|sentient|ok|"
    rf"happy|sad|married|single|chat\s?gpt)\b.*|who\s+(?:made|created|built|trained|owns|wrote)\s+{_YOU}|how\s+old\s+"
    rf"are\s+{_YOU}|where\s+(?:are|do)\s+{_YOU}\s*(?:from|live|come\s+from)?|(?:which|what)\s+(?:language\s+|ai\s+)?"
    rf"model\s+(?:are|do)\s+{_YOU}(?:\s+(?:use|run))?|i\s+(?:love|hate|like)\s+you"
)
_TELL = (
    r"(?:what(?:'s|\s+is|\s+are|\s+were)|show(?:\s+me)?|print|reveal|repeat|tell\s+me|give\s+me|output|list|display|"
    r"share|describe|summari[sz]e|(?:can|could)\s+you\s+(?:show|tell|give|print|repeat)(?:\s+me)?)"
)
_TAIL = r"(?:\s+(?:verbatim|please|in\s+full|word\s+for\s+word|now|exactly|to\s+me|and\b.*))*"
_PROMPT = (
    rf"{_TELL}\s+(?:all\s+(?:of\s+)?|exactly\s+)?(?:your|the)\s+(?:(?:full|exact|original|entire)\s+)?"
    rf"(?:system|initial|hidden|secret|developer)\s+(?:prompt|instructions){_TAIL}|"
    rf"{_TELL}\s+(?:all\s+(?:of\s+)?)?your\s+(?:prompt|instructions?|rules|guidelines|api\s+keys?|password|secrets?|"
    rf"source\s+code|training\s+data){_TAIL}|"
    r".{0,120}\b(?:ignore|forget|disregard|override)\s+(?:all\s+|any\s+|the\s+|your\s+|my\s+|of\s+)*"
    r"(?:(?:previous|prior|above|earlier|preceding)\s+)?(?:instructions?|prompts?|rules)\b.*|"
    r"(?:repeat|print)\s+(?:the\s+words|everything|all(?:\s+the)?\s+text)\s+above\b.*"
)
_PLAY = (
    r"(?:tell|say|give|make|write|sing|read|show)\s+(?:me\s+|us\s+)?(?:a|an|another|some|one)\s+(?:\w+\s+)?"
    r"(?:jokes?|riddles?|poems?|haikus?|limericks?|songs?|stor(?:y|ies)|fairy\s?tales?|puns?|essays?|"
    r"love\s+letters?|rap|fun\s+facts?)\b.*|make\s+me\s+laugh|sing\s+(?:me\s+)?(?:a|something)\b.*|"
    r"(?:let'?s|can\s+we|want\s+to)\s+(?:play|chat|talk)\b.*|i'?m\s+bored|flip\s+a\s+coin|roll\s+a\s+dic?e"
)
_WEATHER = (
    r"(?:what(?:'s|\s+is|\s+will)|how(?:'s|\s+is))\s+(?:be\s+)?the\s+(?:weather|forecast)"
    r"(?:\s+(?:be\s+)?(?:like|today|tomorrow|now|outside|right\s+now|this\s+weekend|in\s+[a-z ]{2,30}))*|"
    r"will\s+it\s+(?:rain|snow)\b.*|"
    r"is\s+it\s+(?:raining|snowing|cold|hot|sunny)\b.*|do\s+i\s+need\s+an\s+umbrella\b.*"
)
_CLOCK = (
    r"what\s+(?:time|day|date|year)\s+is\s+(?:it|today)(?:\s+(?:now|today|in\s+[a-z ]{2,30}))*|"
    r"what(?:'s|\s+is)\s+(?:the\s+(?:time|date)|today'?s\s+date)(?:\s+(?:now|today|right\s+now))*"
)
_LANGUAGE = (
    r"(?:java|javascript|typescript|c\+\+|c#|rust|golang|php|ruby|swift|kotlin|html|css|react|bash|shell|powershell|"
    r"assembly)"
)
_PROGRAM = (
    r"(?:program|script|function|class|component|app|application|website|web\s?page|server|bot|game|snippet|code|"
    r"hello\s+world|login\s+form|api)"
)
_CODE = (
    r"(?:write|create|make|give|show|generate|code|build)\s+(?:me\s+)?(?:(?:a|an|some)\s+)?(?:\w+\s+){0,2}"
    rf"(?:{_LANGUAGE}\s+{_PROGRAM}|{_PROGRAM}\s+in\s+{_LANGUAGE})(?!\w).{{0,120}}|"
    r"how\s+(?:do|can|would)\s+(?:i|you|we)\s+(?:\w+\s+){1,4}(?:in|with|using)\s+"
    rf"(?:{_LANGUAGE}|git|docker|kubernetes)|"
    r"(?:write|implement|code)\s+(?:me\s+)?(?:a\s+|an\s+|the\s+)?(?:function\s+(?:to|that|for)\s+)?(?:quick\s?sort|"
    r"bubble\s?sort|merge\s?sort|fizz\s?buzz|binary\s+search|fibonacci|linked\s+list|tic\s?tac\s?toe|"
    r"tetris|snake\s+game|todo\s+app|web\s?site|chat\s?bot)\b.{0,80}"
)
_WORLD = (
    r"(?:who|what)(?:'s|\s+is|\s+was)\s+(?:the\s+)?(?:current\s+|first\s+)?(?:president|prime\s+minister|king|queen|"
    r"pope|chancellor|emperor)(?:\s+of\s+[a-z .]{2,40})?|"
    r"what(?:'s|\s+is)\s+the\s+capital(?:\s+city)?\s+of\s+[a-z .]{2,40}|"
    r"who\s+won\s+the\s+.{0,40}(?:world\s+cup|super\s+bowl|election|olympics|oscars?|nobel\s+prize)\b.{0,40}|"
    r"what(?:'s|\s+is)\s+the\s+(?:meaning\s+of\s+life|speed\s+of\s+light|square\s+root\s+of\s+\d+)|"
    r"how\s+far\s+(?:away\s+)?is\s+the\s+(?:moon|sun)\b.*|why\s+is\s+the\s+sky\s+blue|"
    r"(?:translate|say)\s+.{1,120}\s+(?:in)?to\s+(?:english|german|french|spanish|italian|chinese|japanese|latin)|"
    r"how\s+(?:do|can)\s+(?:i|you|we)\s+(?:cook|bake|make\s+(?:pasta|pizza|coffee|tea|a\s+cake|bread)|"
    r"lose\s+weight|tie\s+a\s+tie|get\s+rich|sleep\s+better)\b.*|(?:give\s+me\s+)?(?:a|the)\s+recipe\s+for\b.*|"
    r"(?:book|order)\s+(?:me\s+)?a\s+(?:flight|table|taxi|hotel|pizza|cab)\b.*|(?:is\s+there|does)\s+god(?:\s+exist)?"
)
_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(rf"(?:{pattern})", re.IGNORECASE), why)
    for pattern, why in (
        (_GREETING, "Hello!"),
        (_THANKS, "Thank you."),
        (_PROMPT, "I do not talk about how I am set up."),
        (_SELF, "I am Sandglass, which computes answers from tables."),
        (_PLAY, "That is nothing that a table can tell."),
        (_WEATHER, "I know nothing of the world outside the tables, the weather included."),
        (_CLOCK, "I know nothing of the world outside the tables, the time included."),
        (_CODE, "I write code only to answer questions about the tables."),
        (_WORLD, "I know nothing of the world outside the tables."),
    )
)
_LEAD = re.compile(
    r"^(?:(?:(?:can|could|would|will) you|hi|hello|hey|please|okay|ok|so|well|sorry|excuse me|thanks)\b"
    r"[\s,!.]*)+",
    re.IGNORECASE,
)
_EMPTY_WORDS = frozenset(
    "a an and any are be can could do does for from give good great how i in is it let like make me my name "
    "no not of on one or ok our please show tell thank the this to us was we what when where which who will "
    "with would you your".split()
)
"""Words that say nothing of a table although a column may be called so."""


def irrelevant(text: str, tables: tuple[TableView, ...]) -> str | None:
    """Why `text` is surely no question about `tables`; None where it may be one.

    The whole of a question must be of a known kind, and no word of it may be a table's, a column's or a
    value's: `what is the weather?` is a question about a table that has a column `weather`.
    """
    asked = " ".join(text.split())
    if not asked or len(asked) > _QUESTION_CHARS_MAX:
        return None
    bare = _bare(asked)
    whole = _bare(_LEAD.sub("", asked)) or bare
    for pattern, why in _RULES:
        if pattern.fullmatch(bare) or pattern.fullmatch(whole):
            return None if _is_of(bare, tables) else why
    return None


def decline(why: str, tables: tuple[TableView, ...]) -> Decline:
    """The polite answer to a question that is not about the data, with questions that are."""
    suggestions = suggest(tables)[:3]
    ask = "; you could ask one of these questions" if suggestions else ""
    return Decline(f"{why} {_ABOUT}{ask}.", suggestions)


def declined_by_model(reply: str) -> str | None:
    """The reason in a reply that is nothing but the mark and one sentence; None: it is another reply."""
    line = reply.strip().strip("`").strip()
    if not line.startswith(MARK) or "\n" in line:
        return None
    reason = safe_words(line.removeprefix(MARK)).strip()[:_REASON_CHARS_MAX]
    # Numbers here stand in no result: nobody could check them.
    if not reason or any(char.isdigit() for char in reason):
        return "That is not about the data."
    return reason if reason.endswith((".", "!", "?")) else f"{reason}."


def _bare(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"[?!.,;:\"“”()…]+", " ", text.replace("’", "'"))).strip()


def _is_of(text: str, tables: tuple[TableView, ...]) -> bool:
    words = {stem(word) for word in name_words(text)} - _EMPTY_WORDS
    return any(words & {stem(word) for word in name_words(name)} for name in _names(tables))


def _names(tables: tuple[TableView, ...]) -> Iterator[str]:
    """Names of tables and columns, and values as far as the profiles list them."""
    left = _VALUES_MAX
    for table in tables:
        yield table.name
        for column in table.profile.get("columns") or []:
            if not isinstance(column, dict):
                continue
            yield str(column.get("name", ""))
            values = column.get("values") or [pair[0] for pair in column.get("top") or [] if pair]
            for value in values[: max(0, left)]:
                left -= 1
                yield str(value)[:200]
