"""What libyaml says about a text it cannot read, said in our words."""

from __future__ import annotations

import re

from yaml import MarkedYAMLError

from flametree_cfg.config.characters import place_of
from flametree_cfg.config.problem import problem
from flametree_cfg.errors import Diagnostic, Location, Related

_LINE_END = re.compile(b"\r\n|\r|\n")
_TAB_INDENT = re.compile(r"[ \t]*\t")
_OPEN_REFERENCE = re.compile(r"(?<![\"'])\$\{")

# libyaml's own words (they never contain text of the file) and what helps.
_HINTS = {
    "mapping values are not allowed in this context": "quote a text that contains `: `, or correct the indentation",
    "found character that cannot start any token": "quote a text that begins with @, `, % or a tab",
    "found unexpected end of stream": "close the quote",
    "found unknown escape character": r"in double quotes a backslash is written \\",
    "found invalid Unicode character escape code": "write the character itself; half of a pair is none",
    "did not find expected key": "correct the indentation, or quote the text; inside '…' a quote is written ''",
    "could not find expected ':'": "write `key: value`, or correct the indentation",
    "did not find expected ',' or '}'": "close the { }, or quote the text",
    "did not find expected ',' or ']'": "close the [ ], or quote the text",
    "block sequence entries are not allowed in this context": "begin the list on the next line",
}


def syntax_problem(failure: Exception, body: bytes, file: str) -> Diagnostic:
    """Turn whatever the parser raised into one diagnostic with a place; the text itself is never shown."""
    if not isinstance(failure, MarkedYAMLError) or failure.problem_mark is None:
        return problem("yaml-syntax", Location(file, 1, 1), "the parser gave up")
    mark = failure.problem_mark
    line = _line(body, mark.line)
    location = Location(file, mark.line + 1, mark.column + 1) if line is not None else _end(body, file)
    words = str(failure.problem)
    if words == "found incompatible YAML document":
        return problem("yaml-version", location)
    if words == "found unknown directive name":
        return problem("yaml-directive", location)
    line = line or ""
    tab = _TAB_INDENT.match(line)
    if tab and mark.column <= tab.end():
        return problem("tab-indent", Location(file, mark.line + 1, line.index("\t") + 1))
    hint = _HINTS.get(words, "")
    if "',' or" in words and _OPEN_REFERENCE.search(line, 0, mark.column + 1):
        hint = 'quote it: "${…}" needs quotes inside { } and [ ]'
    detail = ", ".join(filter(None, (failure.context, words)))
    begin = failure.context_mark
    if begin is None or (begin.line, begin.column) == (mark.line, mark.column):
        return problem("yaml-syntax", location, detail, hint)
    begun = Location(file, begin.line + 1, begin.column + 1)
    if words == "found unexpected end of stream":  # the end of the file is not where to look
        return problem("yaml-syntax", begun, detail, hint)
    return problem("yaml-syntax", location, detail, hint, related=(Related("begun here", location=begun),))


def _line(body: bytes, number: int) -> str | None:
    """Give one line, counted from 0; None behind the last, where libyaml sees the end of a file without a line end."""
    lines = _LINE_END.split(body, number + 1)
    return lines[number].decode("utf-8", "replace") if number < len(lines) else None


def _end(body: bytes, file: str) -> Location:
    text = body.decode("utf-8", "replace")
    return Location(file, *place_of(text, len(text)))
