"""YAML ▶ entries with the line of every field, and items ▶ YAML that people like to read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from coursebot.evaluation.golden.canonical import record
from coursebot.evaluation.golden.entries import Entry
from coursebot.evaluation.golden.problems import Field, Problem, problem
from coursebot.evaluation.golden.records import GoldenItem
from coursebot.types import Lines

# libyaml's loader is twenty times as fast; both give the same nodes.
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PREFIX = "tag:yaml.org,2002:"
_DEEPEST = 32
_OPENING = re.compile(r"\s*-\s+")
_BREAKS = re.compile("[\r\x85\u2028\u2029]")
_WIDTH = 100


class FileProblemError(Exception):
    """The file is no YAML list at all."""

    def __init__(self, found: Problem) -> None:
        super().__init__(str(found))
        self.found = found


def entries(text: str) -> tuple[Entry, ...]:
    """Return an entry for each item of the list; raises FileProblemError when there is no list."""
    lines = text.split("\n")
    root = _compose(text)
    if root is None or (isinstance(root, ScalarNode) and root.tag == f"{_PREFIX}null"):
        return ()
    if not isinstance(root, SequenceNode):
        line = root.start_mark.line + 1
        raise FileProblemError(problem("not_yaml_list", line=line))
    block = not root.flow_style
    seen: set[int] = set()
    return tuple(_entry(node, lines, block, seen) for node in root.value)


def _compose(text: str) -> Node | None:
    loader = _Loader(text)
    try:
        return loader.get_single_node()
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        what = f"the character U+{_code(error.character):04X} may not stand in it"
        raise FileProblemError(problem("not_yaml", line=line, what=what)) from None
    except yaml.composer.ComposerError as error:
        line = _line(error)
        code = "two_documents" if "single document" in str(error.context) else "alias"
        raise FileProblemError(problem(code, line=line)) from None
    except yaml.MarkedYAMLError as error:
        what = ", ".join(part for part in (error.context, error.problem) if part)
        raise FileProblemError(problem("not_yaml", line=_line(error), what=what)) from None
    except (RecursionError, yaml.YAMLError):
        raise FileProblemError(problem("too_deep")) from None
    finally:
        loader.dispose()


def _code(character: object) -> int:
    if isinstance(character, str) and len(character) == 1:
        return ord(character)
    return character if isinstance(character, int) else 0


def _line(error: yaml.MarkedYAMLError) -> int:
    mark = error.problem_mark or error.context_mark
    return mark.line + 1 if mark else 0


class _Reading:
    """One item's nodes ▶ its values, with lines, spellings and problems."""

    def __init__(self, seen: set[int]) -> None:
        self.seen = seen
        self.problems: list[Problem] = []
        self.lines: dict[Field, int] = {}
        self.spellings: dict[Field, str] = {}
        self.last = 0
        """The last line with something of the item on it, from 0."""

    def value(self, node: Node, field: Field) -> Any:  # noqa: ANN401 — whatever JSON can hold
        if id(node) in self.seen:
            # Its own line is that of the value which it repeats.
            line = self.lines.get(field) or self.lines.get(field[:-1], 0)
            self.problems.append(problem("alias", field, line=line))
            return None
        line = node.start_mark.line + 1
        self.lines.setdefault(field, line)
        if len(field) > _DEEPEST:
            self.problems.append(problem("too_deep", field[:3], line=line))
            return None
        if not isinstance(node, ScalarNode) or node.value:
            self.seen.add(id(node))
        self._reach(node)
        if isinstance(node, MappingNode):
            return self._mapping(node, field)
        if isinstance(node, SequenceNode):
            return [self.value(inner, (*field, n)) for n, inner in enumerate(node.value)]
        assert isinstance(node, ScalarNode)
        return self._scalar(node, field, line)

    def _mapping(self, node: MappingNode, field: Field) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, inner in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, ScalarNode):
                self.problems.append(problem("yaml_key", field, line=line))
                continue
            place = (*field, key.value)
            if key.value in found:
                self.problems.append(problem("duplicate_key", place, line=line))
            self.lines[place] = line
            found[key.value] = self.value(inner, place)
        return found

    def _scalar(self, node: ScalarNode, field: Field, line: int) -> object:
        tag = node.tag.removeprefix(_PREFIX)
        text: str = node.value
        if tag == "str":
            return text
        if tag == "null":
            return None
        self.spellings[field] = text
        if tag == "bool":
            return text.lower() in ("yes", "true", "on")
        if tag == "int":
            # Only decimal whole numbers are numbers of a golden set; 0x1F or 1:30 are not.
            return int(text) if re.fullmatch(r"0|[1-9]\d{0,8}", text) else 0.5
        if tag in ("float", "timestamp", "merge", "value"):
            return 0.5  # never right; the spelling is what people are told
        self.problems.append(problem("yaml_tag", field, line=line, given=node.tag))
        return None

    def _reach(self, node: Node) -> None:
        mark = node.end_mark
        if isinstance(node, ScalarNode) or getattr(node, "flow_style", False):
            self.last = max(self.last, mark.line if mark.column else mark.line - 1)


def _entry(node: Node, lines: list[str], block: bool, seen: set[int]) -> Entry:
    reading = _Reading(seen)
    value = reading.value(node, ())
    first = node.start_mark.line
    return Entry(
        first + 1,
        value,
        tuple(reading.problems),
        reading.lines,
        reading.spellings,
        _whole_lines(node, lines, reading.last) if block else None,
    )


def _whole_lines(node: Node, lines: list[str], last: int) -> Lines | None:
    """Return the lines that an item of a block list takes up, from its dash on."""
    first = node.start_mark.line
    # YAML ends lines at a few more characters than we do.
    if first >= len(lines) or not _OPENING.fullmatch(lines[first][: node.start_mark.column]):
        return None
    last = min(last, len(lines) - 1)
    while last > first and not lines[last].strip():
        last -= 1  # blank lines after a block of text belong to nobody
    return (first + 1, last + 1)


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks."""

    def ignore_aliases(self, data: object) -> bool:
        """Write equal values out each time: aliases are not read back."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> ScalarNode:
    if _BREAKS.search(text):  # YAML would take them for line ends
        return dumper.represent_scalar(f"{_PREFIX}str", text, style='"')
    plain = all(line == line.rstrip() and line.isprintable() for line in text.split("\n"))
    block = "\n" in text and plain and not text.startswith((" ", "\n"))
    return dumper.represent_scalar(f"{_PREFIX}str", text, style="|" if block else None)


_Dumper.add_representer(str, _text)


def item_text(item: GoldenItem) -> str:
    """Return an item as an entry of a YAML list, its line end included."""
    text: str = yaml.dump(
        [record(item)],
        Dumper=_Dumper,
        allow_unicode=True,
        sort_keys=False,
        default_flow_style=False,
        width=_WIDTH,
    )
    return text


def text_of(items: Iterator[GoldenItem]) -> str:
    """Return items as a YAML list, a blank line between two of them."""
    return "\n".join(item_text(item) for item in items) or "[]\n"
