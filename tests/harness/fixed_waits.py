"""Finds waits of fixed seconds in the code of tests: each is too short on a machine that is busy enough."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

SLEEPS = {"sleep", "wait_for_timeout"}
CLOCKS = {"monotonic", "perf_counter", "time"}
PATIENT = {"patience", "patience_ms"}
CEILINGS = {
    **dict.fromkeys(("wait", "join", "result", "settimeout", "set_default_timeout"), 0),
    **dict.fromkeys(("set_default_navigation_timeout", "alarm"), 0),
    "wait_for": 1,
    "drain": 2,
}
"""The place of the ceiling among the arguments of a call, by the name of what is called."""
ALLOWANCES = {"lease_seconds", "silence_seconds", "reader_seconds"}
"""Settings of the product: a process that needs longer for its work is taken for dead."""
PERIOD = 0.05
"""Up to so many seconds are no ceiling: a poll, or a worker's turn of one piece."""
SLEEP = "wait for an event with until(), or be slow on purpose with take_time()"
CEILING = "give the ceiling as patience(SECONDS), or as patience_ms(SECONDS) to a browser"
LOOP = "wait with until(), happens() or Ceiling"


@dataclass
class Module:
    """The code of one file, with the names of its constants that are fixed numbers of seconds."""

    path: Path
    tree: ast.Module
    fixed: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, path: Path) -> "Module":
        module = cls(path, ast.parse(path.read_text(encoding="utf-8")))
        for node in module.tree.body:
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None and module.is_fixed(node.value):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                module.fixed |= {target.id for target in targets if isinstance(target, ast.Name)}
        return module

    def is_fixed(self, value: ast.expr) -> bool:
        """Whether the value has a number, or a constant that is a number, outside of patience()."""
        if isinstance(value, ast.Call) and called(value) in PATIENT:
            return False
        if isinstance(value, ast.Constant):
            return isinstance(value.value, int | float) and value.value > PERIOD
        if isinstance(value, ast.Name):
            return value.id in self.fixed
        if not isinstance(value, ast.BinOp | ast.UnaryOp | ast.IfExp):
            return False
        parts = [self.is_fixed(part) for part in ast.iter_child_nodes(value) if isinstance(part, ast.expr)]
        scales = isinstance(value, ast.BinOp) and isinstance(value.op, ast.Mult | ast.Div)
        return all(parts) if scales else any(parts)


def fixed_waits(modules: Mapping[str, Module], measures: str = "-") -> Iterator[tuple[str, int, str]]:
    """The module, the line and the remedy of each fixed wait. `modules` are by their names in imports.

    Modules whose names begin with `measures` may compare the times that they measure with fixed seconds.
    """
    for name, module in modules.items():
        for node in module.tree.body:
            if isinstance(node, ast.ImportFrom) and (source := modules.get(node.module or "")):
                module.fixed |= {alias.asname or alias.name for alias in node.names if alias.name in source.fixed}
        periods = {
            id(call)
            for loop in ast.walk(module.tree)
            if isinstance(loop, ast.While)
            for call in ast.walk(loop.test)
            if isinstance(call, ast.Call)
        }
        for found in ast.walk(module.tree):
            if isinstance(found, ast.Call) and (remedy := _of_call(module, found, is_period=id(found) in periods)):
                yield name, found.lineno, remedy
            if isinstance(found, ast.Dict | ast.Call) and not name.startswith(measures):
                yield from ((name, found.lineno, CEILING) for value in _allowances(found) if module.is_fixed(value))
            if isinstance(found, ast.Assign) and _is_end(found.value):
                yield name, found.lineno, LOOP
            if isinstance(found, ast.Compare) and _reads_clock(found) and not name.startswith(measures):
                fixed = any(module.is_fixed(side) for side in (found.left, *found.comparators))
                yield from [(name, found.lineno, CEILING)] * fixed


def _of_call(module: Module, call: ast.Call, *, is_period: bool) -> str:
    """The remedy for a call that sleeps or has a fixed ceiling, or ''. The period of a loop is no ceiling."""
    name = called(call)
    if name in SLEEPS:
        return SLEEP
    given = [keyword.value for keyword in call.keywords if keyword.arg == "timeout"]
    place = CEILINGS.get(name)
    if place is not None and len(call.args) > place and not is_period:
        given.append(call.args[place])
    return CEILING if any(module.is_fixed(value) for value in given) else ""


def _allowances(found: ast.Dict | ast.Call) -> Iterator[ast.expr]:
    """The values of ALLOWANCES in a dictionary of settings or in a call; a text of a number is that number."""
    if isinstance(found, ast.Call):
        given = [(keyword.arg, keyword.value) for keyword in found.keywords]
    else:
        keys = [str(key.value) if isinstance(key, ast.Constant) else None for key in found.keys]
        given = [*zip(keys, found.values, strict=True)]
    for name, value in given:
        if name is not None and name.lower() in ALLOWANCES:
            text = value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else ""
            yield ast.Constant(float(text)) if text.replace(".", "").isdigit() else value


def _is_end(value: ast.expr) -> bool:
    """Whether the value is a time to come: the present and some seconds."""
    return isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add) and _reads_clock(value)


def _reads_clock(node: ast.AST) -> bool:
    return any(
        isinstance(call, ast.Call) and called(call) in CLOCKS and not call.args and not call.keywords
        for call in ast.walk(node)
    )


def called(call: ast.Call) -> str:
    """The last part of the name of what is called."""
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
