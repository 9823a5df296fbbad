"""What a `# check:` comment takes out: the thing that begins on the next line of code and fills its lines.

That is a statement, an `except` or `case` clause, a decorator or, inside an expression, an operand, an argument, an
item, a condition of a comprehension or a piece of a string. CONTRIBUTING.md says what each verb leaves.
"""

import ast
import io
import tokenize
from collections.abc import Iterator
from itertools import pairwise
from typing import Final, TypeAlias

_CONSTANTS: Final = {"always": True, "never": False, "none": None, "huge": 10**9}
VERBS: Final = frozenset({"remove", "unwrap", *_CONSTANTS})

_BEFORE: Final = frozenset({"(", "and", "or", "if", "else", "@", "*", "**", "|", "&", "+", "-"})
"""What may stand on a line before the thing that is meant."""
_SPACE: Final = frozenset({tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT})
_Position: TypeAlias = tuple[int, int]
_SLOTS: Final = ("value", "test", "iter", "exc")
"""The fields of statements that hold the expression which a verb changes."""


class NotRemovableError(ValueError):
    """There is no thing below the comment that its verb can change."""


def without(source: str, line: int, verb: str) -> str:
    """The source of a file in which ``verb`` has changed the thing that begins on ``line``."""
    file = _File(source)
    at = next(number for number, each in enumerate(file.tokens) if each.start[0] == line)
    if verb == "remove" and file.is_piece(at):
        return file.without_piece(at)
    _Change(file.find(at), verb).visit(file.tree)
    return ast.unparse(ast.fix_missing_locations(file.tree)) + "\n"


class _File:
    """A file as its lines, its tokens and its tree."""

    def __init__(self, source: str) -> None:
        self.lines = source.splitlines(keepends=True)
        self.tree = ast.parse(source)
        tokens = tokenize.generate_tokens(io.StringIO(source).readline)
        self.tokens = [each for each in tokens if each.type not in _SPACE]

    def is_piece(self, at: int) -> bool:
        """Whether a string that is written in several pieces has one of them here."""
        around = self.tokens[max(at - 1, 0) : at + 2]
        return self.tokens[at].type == tokenize.STRING and any(
            one.type == two.type == tokenize.STRING for one, two in pairwise(around)
        )

    def without_piece(self, at: int) -> str:
        """The source with an empty string in its place."""
        (row, column), (last, end) = self.tokens[at].start, self.tokens[at].end
        piece = self.lines[row - 1][:column] + '""' + self.lines[last - 1][end:]
        return "".join([*self.lines[: row - 1], piece, *self.lines[last:]])

    def find(self, at: int) -> ast.AST:
        """The statement or clause that begins with this token; else the smallest part that fills its lines."""
        places = list(self._places())
        here, behind = self.tokens[at].start, self.tokens[at + 1].start
        for node, start, _ in places:
            if start == here and isinstance(node, ast.stmt | ast.ExceptHandler):
                return node
            if start == behind and isinstance(node, ast.pattern) and self.tokens[at].string == "case":
                return node
        line, opened = self.tokens[at].start[0], 0
        after = {each.end: number for number, each in enumerate(self.tokens, 1)}
        while True:
            first = self.tokens[at].start
            parts = [(end, node) for node, start, end in places if start == first and self._fills(after[end], opened)]
            if parts:
                return min(parts, key=lambda part: part[0])[1]
            if self.tokens[at].string not in _BEFORE:
                raise NotRemovableError(f"nothing begins and fills its lines in line {line}")
            opened += self.tokens[at].string == "("
            at += 1

    def _fills(self, after: int, opened: int) -> bool:
        """Whether only closing brackets and a comma follow on the line."""
        if any(each.string != ")" for each in self.tokens[after : after + opened]):
            return False
        after += opened
        after += self.tokens[after].string == ","
        following = self.tokens[after]
        return following.type == tokenize.NEWLINE or following.start[0] > self.tokens[after - 1].end[0]

    def _places(self) -> Iterator[tuple[ast.AST, _Position, _Position]]:
        """What can be taken out, with where it begins and ends; an item of a dictionary is known by its key."""
        for node in ast.walk(self.tree):
            match node:
                case ast.Dict():
                    for key, value in zip(node.keys, node.values, strict=True):
                        if key is not None:
                            yield key, self._start(key), self._end(value)
                case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                    for each in node.decorator_list:
                        yield each, self._start(each), self._end(each)
                case ast.stmt() | ast.ExceptHandler() | ast.keyword():
                    yield node, self._start(node), self._end(node)
                case ast.match_case():
                    yield node.pattern, self._start(node.pattern), self._end(node.guard or node.pattern)
                case _:
                    for each in _parts(node):
                        yield each, self._start(each), self._end(each)

    def _start(self, node: ast.stmt | ast.expr | ast.ExceptHandler | ast.keyword | ast.pattern) -> _Position:
        return self._position(node.lineno, node.col_offset)

    def _end(self, node: ast.stmt | ast.expr | ast.ExceptHandler | ast.keyword | ast.pattern) -> _Position:
        return self._position(node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)

    def _position(self, line: int, column: int) -> _Position:
        """In characters, as tokens count, not in bytes."""
        return line, len(self.lines[line - 1].encode()[:column].decode())


def _parts(node: ast.AST) -> list[ast.expr]:
    found: list[ast.expr] = []
    match node:
        case ast.BoolOp():
            found = node.values
        case ast.Call():
            found = node.args
        case ast.Set() | ast.List(ctx=ast.Load()) | ast.Tuple(ctx=ast.Load()):
            found = node.elts
        case ast.comprehension():
            found = node.ifs
        case ast.BinOp():
            found = [node.left, node.right]
        case ast.IfExp():
            found = [node.body, node.orelse]
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
            found = [node.elt]
        case _:
            pass
    return found


class _Change(ast.NodeTransformer):
    """Changes one node; in a list, None takes it out."""

    def __init__(self, target: ast.AST, verb: str) -> None:
        self._target = target
        self._verb = verb

    def visit(self, node: ast.AST) -> ast.AST | None:
        if node is self._target:
            return self._without(node) if self._verb == "remove" else self._changed(node)
        match node:
            case ast.IfExp() | ast.ListComp() | ast.SetComp() | ast.GeneratorExp() if self._verb == "remove":
                if self._target in {*ast.iter_child_nodes(node)}:
                    raise NotRemovableError(f"line {node.lineno} cannot be without it")
                self.generic_visit(node)
            case ast.BinOp() if self._target in {node.left, node.right} and self._verb == "remove":
                return node.right if node.left is self._target else node.left
            case ast.Dict() if isinstance(self._target, ast.expr) and self._target in node.keys:
                self._change_item(node, node.keys.index(self._target))
            case ast.match_case() if node.pattern is self._target:
                node.guard = None if self._verb == "always" else ast.Constant(value=False)
            case ast.Try() if self._verb == "remove" and node.handlers == [self._target] and not node.finalbody:
                return _just([*node.body, *node.orelse])
            case _:
                self.generic_visit(node)
        return node

    def _change_item(self, node: ast.Dict, at: int) -> None:
        if self._verb == "remove":
            del node.keys[at], node.values[at]
        else:
            node.values[at] = self._expression(node.values[at])

    def _without(self, node: ast.AST) -> ast.AST | None:
        match node:
            case ast.If() | ast.While():
                node.test = ast.Constant(value=False)
                return node
            case ast.With() | ast.AsyncWith() | ast.Try():
                return _just(node.body)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                raise NotRemovableError(f"{node.name} is a whole definition")
            case ast.stmt():
                return ast.Pass()
            case _:
                return None

    def _changed(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.expr):
            return self._expression(node)
        for slot in _SLOTS:
            value: object = getattr(node, slot, None)
            if isinstance(value, ast.expr):
                setattr(node, slot, self._expression(value))
                return node
        raise NotRemovableError(f"line {getattr(node, 'lineno', '?')} has no expression")

    def _expression(self, node: ast.expr) -> ast.expr:
        if self._verb == "unwrap":
            return _unwrapped(node)
        if isinstance(node, ast.IfExp) and self._verb in {"always", "never"}:
            return node.body if self._verb == "always" else node.orelse
        return ast.Constant(value=_CONSTANTS[self._verb])


def _just(body: list[ast.stmt]) -> ast.stmt:
    return ast.If(test=ast.Constant(value=True), body=body, orelse=[])


def _unwrapped(node: ast.expr) -> ast.expr:
    """What is handed to the outermost call, or stands on the left of the outermost operator."""
    match node:
        case ast.Await():
            return _unwrapped(node.value)
        case ast.IfExp():
            node.body = _unwrapped(node.body)
            return node
        case ast.Call(args=[first, *_]):
            return first
        case ast.Call(func=ast.Attribute(value=receiver)):
            return receiver
        case ast.UnaryOp(operand=first) | ast.BinOp(left=first) | ast.Compare(left=first):
            return first
        case ast.Subscript(value=first) | ast.Attribute(value=first) | ast.Starred(value=first):
            return first
        case _:
            raise NotRemovableError(f"line {node.lineno} has nothing to unwrap")
