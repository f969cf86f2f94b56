"""Custom fields: what the clinic asks of its patients beside the usual. Nobody has to answer them in Caspen."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

from app.mapping.columns import Column
from app.mapping.defined import CHOICES, Defined
from app.mapping.flags import boolean
from app.mapping.ids import token
from app.mapping.kind import Kind
from app.mapping.lookups import Lookups
from app.mapping.names import normalise_name
from app.mapping.rows import Joined, Json, Mapped, Record, Result, Value
from app.mapping.text import cut, string
from app.mapping.traits import Identity, Mention, Names, Naming, QuestionColumns, Recognition
from app.problems import Problem
from app.sources.cliniko.decisions import decided
from app.sources.cliniko.headers import Headers, fingerprint
from app.sources.cliniko.own_fields import OWN_TYPES, is_same
from app.sources.cliniko.questions import UNKNOWN_TYPE, type_of
from app.sources.cliniko.row import Row

Words = str | None
NAME = "custom_fields"
DEFINITION = "patient_custom_fields_definition"


@dataclass(frozen=True, kw_only=True)
class CustomField(Row):
    """One row: a field, or one option of a field with options."""

    field_token: Annotated[str, Column(token, "Field Token", mark="C", is_key=True)] = ""
    section_token: Annotated[Words, Column(string, "Section Token")] = None
    section_name: Annotated[Words, Column(string, "Section Name")] = None
    field_name: Annotated[Words, Column(string, "Field Name", destination="custom_fields.name")] = None
    field_type: Annotated[Words, Column(string, "Field Type", destination="custom_fields.type")] = None
    option_token: Annotated[Words, Column(string, "Option Token")] = None
    option_name: Annotated[Words, Column(string, "Option Name", destination="custom_fields.options")] = None
    other_enabled: Annotated[bool | None, Column(boolean, "Other Enabled")] = None


def beside(row: CustomField) -> str | None:
    """The option, of which a field may have many rows."""
    return row.option_token or row.option_name


def by_section(row: CustomField) -> str | None:
    """The name of a field whose own name another section has as well."""
    return f"{row.section_name}: {row.field_name}" if row.section_name and row.field_name else None


def text_key(token: str) -> str:
    """What the field is known by that keeps answers as text which do not fit their own."""
    return f"{token}:text"


def to_records(row: CustomField, joined: Joined, lookups: Lookups) -> Result:
    """The whole field, from whichever row of it; a second one for text where answers do not fit its type."""
    if (other := decided(NAME, row.field_token, lookups)) is not None:
        return other
    if "elsewhere" in joined.extra:
        return Mapped((there_already(row.field_token),))
    own = type_of(row.field_type)
    known = lookups.fields.get(row.field_token) or Defined(row.field_name or "", own or UNKNOWN_TYPE)
    told = {
        "name_missing": row.field_name is None,
        "custom_field_type_unknown": own is None,
        "custom_field_type_conflict": known.clashes,
    }
    records = [_record(row.field_token, known), *_text_beside(row.field_token, known)]
    problems = tuple(Problem(code, NAME, source_id=row.field_token) for code, said in told.items() if said)
    return Mapped(tuple(records), problems)


def _text_beside(key_: str, known: Defined) -> tuple[Record, ...]:
    """The field for answers that the field of a question cannot hold, where there are any."""
    if not known.has_text:
        return ()
    return (_record(text_key(key_), Defined(f"{known.name} (text)", UNKNOWN_TYPE)),)


def there_already(key_: str) -> Record:
    """A field that something else has written, or people have."""
    return Record(NAME, NAME, key_, {}, elsewhere=True)


def _record(key_: str, known: Defined) -> Record:
    is_choice = known.type in CHOICES
    options = [{"id": o.id, "label": o.label, "archived": o.archived} for o in known.options if is_choice]
    name = f"{known.name} (Cliniko)" if known.clashes else known.name
    values: dict[str, Value] = {
        "name": cut(name) or f"Field {key_}",
        "type": known.type,
        "options": options or None,
        "visible": known.visible,
        "required": False,
    }
    return Record(NAME, NAME, key_, values)


def from_name(mention: Mention, lookups: Lookups) -> Record:
    """A field that only answers name: one of Cliniko's own details, or a question that no file describes.

    Where the workspace has it already, nothing is written.
    """
    own = OWN_TYPES.get(mention.key)
    if own is not None:
        there = lookups.native_fields.get(normalise_name(mention.name))
        if is_same(there, own):
            return there_already(mention.key)
        return _record(mention.key, Defined(mention.name, own, clashes=there is not None))
    if lookups.plan.choice(NAME, mention.key).to == "match":
        return there_already(mention.key)
    known = lookups.fields.get(mention.key) or Defined(mention.name, UNKNOWN_TYPE)
    return _record(mention.key, known)


def beside_name(mention: Mention, lookups: Lookups) -> tuple[Record, ...]:
    """What stands beside a field that only answers name: the field for text, where some do not fit the type."""
    known = lookups.fields.get(mention.key)
    is_made = known is not None and lookups.plan.choice(NAME, mention.key).to != "match"
    return _text_beside(mention.key, known) if known is not None and is_made else ()


def unfold(value: Mapping[str, Json]) -> tuple[dict[str, Json], ...] | None:
    """The rows of a definition as the api nests it: sections, each with its fields, each with its options."""
    found = value.get(DEFINITION, value)
    sections = found.get("sections") if isinstance(found, dict) else found
    if isinstance(found, dict) and isinstance(found.get("fields"), list):
        sections = [found]
    is_definition = DEFINITION in value or any("fields" in s for s in _objects(sections))
    return tuple(_rows(_objects(sections))) if is_definition else None


def _objects(value: Json) -> list[dict[str, Json]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _rows(sections: list[dict[str, Json]]) -> Iterator[dict[str, Json]]:
    for section in sections:
        for asked in _objects(section.get("fields")):
            other = asked.get("other")
            row = {
                "section_token": section.get("token"),
                "section_name": section.get("name"),
                "field_token": asked.get("token"),
                "field_name": asked.get("name"),
                "field_type": asked.get("type"),
                "option_token": None,
                "option_name": None,
                "other_enabled": bool(other.get("enabled")) if isinstance(other, dict) else None,
                "archived": bool(asked.get("archived")),
            }
            options = _objects(asked.get("options"))
            for option in options:
                archived = bool(asked.get("archived") or option.get("archived"))
                yield row | {
                    "option_token": option.get("token"), "option_name": option.get("name"), "archived": archived,
                }  # fmt: skip
            if not options:
                yield row


def looks_like_custom_fields(headers: Headers) -> bool:
    return headers.all("fieldtoken", "fieldtype") or headers.all("patientcustomfieldsdefinition")


KIND = Kind(
    name=NAME,
    label="Custom fields",
    source_label="Custom fields",
    source_location="Not among the data exports of every account: ask whoever made your export from the API",
    recognition=Recognition(
        fingerprint=fingerprint(looks_like_custom_fields),
        file_names=("custom fields", "custom_fields", "settings"),
        json_keys=("custom_fields", DEFINITION),
        unfold=unfold,
    ),
    row=CustomField,
    to_records=to_records,
    tables=(NAME,),
    identity=Identity(
        key_suffix_of=beside,
        is_multi_row=True,
    ),
    names=Names(
        name_of=lambda row: row.field_name,
        alias_of=by_section,
    ),
    naming=Naming(
        unknown_label="Custom field",
        record_makers={NAME: from_name},
        extra_records=beside_name,
    ),
    questions=QuestionColumns(columns=lambda columns: columns),
)
