"""Settles what becomes of every row that depends on other rows: copies, merges, orphans, children of what stays behind.

It works on the index alone, in one transaction, so that it either happened or did not.
"""

from app.engine.index.schema import WHILE_RESOLVING
from app.engine.index.store import Index
from app.engine.resolving import RULES
from app.engine.resolving.work import Brought, Reread, Work
from app.mapping.kind import Source
from app.problems import Problem


def resolve(
    index: Index, source: Source, brought: Brought | None = None, reread: Reread | None = None
) -> tuple[Problem, ...]:
    """Gives every row its verdict and every reference its target, then seals and closes the index.

    `brought` finds parents that only the live workspace has, `reread` reads rows of one id again.

    Returns the problems that concern a kind as a whole; those of single rows are in the index.
    """
    with index.transaction():
        for statement in WHILE_RESOLVING:
            index.connection.execute(statement)
        numbers = dict(index.connection.execute("SELECT name, id FROM kinds"))
        work = Work(index.connection, source, numbers, brought, reread)
        for rule in RULES:
            rule(work)
        found = index.connection.execute(
            "SELECT code, kinds.name, count FROM told JOIN kinds ON kinds.id = told.kind ORDER BY position, code"
        )
        problems = tuple(Problem(code, kind=kind, count=count) for code, kind, count in found)
    index.seal()
    return problems
