"""The YAML parser's complaints in the words of somebody who edits the file."""

import re

import yaml

from workers.config.findings import Code, Place, Problem

__all__ = ["LINE_BREAK", "syntax_problem", "unexpected_problem"]

LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
"""What ends a line in YAML 1.1, as the parser counts them."""

# what the parser says, what is wrong, the remedy; $ stands for the sign it says it about
_WORDS: tuple[tuple[str, str, str], ...] = (
    (
        r"found character '\\t'",
        "a tab stands where only spaces may",
        "indent with spaces, two for each level",
    ),
    (
        r"found character '(.)' that cannot start",
        "text cannot start with $ here",
        "put the text in single quotes",
    ),
    (
        r"mapping values are not allowed here",
        "a colon followed by a space makes a field of this text, and no field can stand here",
        "put the text in single quotes, or check the indentation of this line and the one before",
    ),
    (
        r"could not find expected ':'",
        "this line is neither a field nor part of the text above",
        "write `field: value`, or indent the line to continue the text above",
    ),
    (
        r"sequence entries are not allowed here",
        "a list entry (- ) cannot start here",
        "put it on a line of its own beneath the field",
    ),
    (
        r"expected <block end>, but found '(?:<block sequence start>|-)'",
        "this list entry is not in line with the ones before",
        "indent it like the other entries of its list",
    ),
    (
        r"expected <block end>, but found '<block mapping start>'",
        "this line is indented differently from the block it belongs to",
        "indent it like the other fields of its block",
    ),
    (
        r"expected <block end>, but found '<scalar>'",
        "text follows after the closing quotation mark, or the indentation is wrong",
        "put the whole text in one pair of quotes",
    ),
    (
        r"expected <block end>",
        "this line does not fit into the block above",
        "check the indentation of this line and the one before",
    ),
    (
        r"expected ',' or '([\]}])'",
        "the list or block that opens above is not closed before this",
        "separate entries with commas and close it with $",
    ),
    (
        r"found unexpected end of stream",
        "a quotation mark is opened here and never closed",
        "close it with the same mark; write ' inside single quotes as ''",
    ),
    (
        r"found unexpected document separator",
        "a quotation mark is opened here and not closed before the line with --- or ...",
        "close it with the same mark",
    ),
    (
        r"found unknown escape character",
        "a backslash in double quotes starts an escape, and this one is unknown",
        "use single quotes, in which a backslash means itself",
    ),
    (
        r"escape sequence of \d+ hexadecimal|URI escape",
        "an escape is not followed by hexadecimal digits",
        "use single quotes, in which a backslash means itself",
    ),
    (
        r"expected the node content",
        "a value is missing here, or text starts with a sign that means something in YAML",
        "put the text in single quotes",
    ),
    (
        r"duplicate anchor",
        "two blocks have the same & name",
        "name them differently",
    ),
    (
        r"expected '<document start>'",
        "the file goes on after its end",
        "check the indentation of this line; remove a stray } or ]",
    ),
    (
        r"chomping or indentation|indentation indicator|a comment or a line break",
        "text follows | or > on the same line",
        "start the text on the next line, or put it in single quotes",
    ),
    (
        r"undefined tag handle|expected '!'|expected URI|parsing a tag",
        "a word that starts with ! is a YAML tag, and tags are not taken here",
        "put text that starts with ! in quotes",
    ),
    (
        r"alphabetic or numeric|directive|incompatible YAML|expected a digit|expected ' '",
        "a sign that means something in YAML (%, &, *) starts this text",
        "put the text in single quotes",
    ),
)


def syntax_problem(error: yaml.MarkedYAMLError, text: str) -> Problem:
    """The first thing that makes the file unreadable."""
    mark = error.problem_mark or error.context_mark
    problem = error.problem or ""
    if "unexpected end of stream" in problem and error.context_mark is not None:
        mark = error.context_mark  # where the quotation opens helps more than the file's end
    place = Place(mark.line + 1, mark.column + 1) if mark else Place()
    line = _line(text, place.line)
    if line[: max(place.column, len(line) - len(line.lstrip()))].lstrip(" ").startswith("\t"):
        problem = "found character '\\t'"
        place = Place(place.line, line.index("\t") + 1)
    elif "mapping values" in problem and line.find(":") == place.column - 1:
        problem = "expected <block end>, but found '<block mapping start>'"
        place = Place(place.line, len(line) - len(line.lstrip()) + 1)
    for pattern, message, remedy in _WORDS:
        found = re.search(pattern, problem)
        if found:
            sign = found[1] if found.re.groups else ""
            return Problem(
                place, Code.YAML_SYNTAX, message.replace("$", sign), remedy.replace("$", sign)
            )
    return Problem(
        place,
        Code.YAML_SYNTAX,
        "this is no valid YAML",
        "check indentation, colons and quotation marks of this line and the one before",
    )


def unexpected_problem(error: Exception, mark: yaml.Mark) -> Problem:
    """An error without a position: the parser's own place is near enough."""
    del error
    return Problem(
        Place(mark.line + 1, mark.column + 1),
        Code.YAML_SYNTAX,
        "an escape or a number near here is impossible",
        "use single quotes, in which a backslash means itself",
    )


def _line(text: str, number: int) -> str:
    lines = LINE_BREAK.split(text)
    return lines[number - 1] if number <= len(lines) else ""
