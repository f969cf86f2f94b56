"""Rows that are left out with a location, a practitioner, an appointment type or old visits.

The table `needs` has only references to what a plan can leave out, so that pages count the consequences quickly.
"""

from app.index.view import GOES
from app.mapping.kind_roles import MATCHED, KindRole
from app.resolving.rule import ResolvingContext

NEEDS = """INSERT INTO needs SELECT refs.target, refs.row, refs.spec, refs.many FROM refs
    WHERE refs.target <> 0 AND refs.spec IN ({specs}) ORDER BY refs.target, refs.row"""


def apply(work: ResolvingContext) -> None:
    """Fills the table `needs`."""
    can_go = {number for role in (*MATCHED, KindRole.VISIT) if (number := work.number_with(role)) is not None}
    going = work.db.execute(f"SELECT id, kind, target FROM specs WHERE {GOES}").fetchall()
    size = -1
    while size != len(can_go):
        size = len(can_go)
        can_go |= {kind for _, kind, target in going if target in can_go}
    specs = ",".join(str(spec) for spec, _, target in going if target in can_go)
    if specs:
        work.db.execute(NEEDS.format(specs=specs))
