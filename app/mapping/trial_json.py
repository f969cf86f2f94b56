"""What the steps of a trial store as JSON for mapping, which knows no ledger."""

from typing_extensions import TypedDict  # pydantic needs this version below Python 3.12

from app.mapping.defined import DefinedJson


class TrialFacts(TypedDict, total=False):
    """The workspace and the export as the first step of a trial found them.

    * `known_clients`, `known_fields`: choices by source id for things that the workspace may have already.
    * `own_places`: the ids of the workspace's locations.
    * `zones`, `durations`: time zones of locations, and minutes of services, by id in Caspen.
    * `existing`: ids of the workspace's objects by table and normalised name.
    * `fields`: the custom fields by their id in the source.
    * `native_fields`: the id and type of custom fields that were made in the workspace, by name.
    * `refused_kinds`: the kinds of the files that were refused.
    """

    known_clients: dict[str, dict[str, str]]
    known_fields: dict[str, dict[str, str]]
    own_places: list[str]
    zones: dict[str, str]
    durations: dict[str, int]
    existing: dict[str, dict[str, str]]
    fields: dict[str, DefinedJson]
    native_fields: dict[str, list[str]]
    refused_kinds: list[str]


class RowsAsideJson(TypedDict, total=False):
    """The rows of the index that a trial keeps back, with the fields of RowsAside.

    * `rows`: the numbers of rows at which the work failed.
    * `late`: the fields of LateRows, a list for each run of rows that mapping kept back.
    * `changed`, `changed_ids`: the rows held for people's changes in Caspen, and the ids of their records.
    """

    rows: list[int]
    late: list[tuple[int, int, str, str | None]]
    changed: list[int]
    changed_ids: list[str]
