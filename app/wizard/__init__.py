"""The clinic's pages, one module per step. This list is the order in which a clinic meets them."""

from app.wizard import (
    approve,
    balances,
    checklist,
    clients,
    export,
    handover,
    help,  # noqa: A004 - the page is called help
    matches,
    overview,
    people,
    problems,
    progress,
    records,
    report,
    review,
    rows,
    uses,
    visits,
)

STEPS = (
    overview,
    checklist,
    uses,
    export,
    handover,
    matches,
    progress,
    review,
    problems,
    clients,
    records,
    rows,
    visits,
    balances,
    approve,
    report,
    people,
    help,
)
