"""The clinic's pages, one module per step, in the order in which a clinic meets them."""

from app.wizard import (
    approve,
    balances,
    checklist,
    clients,
    export,
    files,
    handover,
    help,  # noqa: A004 - the page is called help
    link,
    matches,
    overview,
    people,
    problems,
    progress,
    records,
    refused_file,
    report,
    review,
    rows,
    start,
    used_features,
    visits,
    which_file,
    zip_password,
)

STEPS = (
    start,
    overview,
    checklist,
    used_features,
    export,
    handover,
    link,
    files,
    zip_password,
    which_file,
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

REFUSED = (refused_file,)
"""Modules without a page that register the page of a refused form."""
