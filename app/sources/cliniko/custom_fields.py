"""Custom fields: the questions that a clinic adds to its patients' details. No answer is required in Caspen."""

from collections.abc import Iterator, Mapping

from app.json_values import JsonObject, JsonValue
from app.mapping.decisions import decided
from app.mapping.defined import CHOICES, Defined
from app.mapping.kind import Kind
from app.mapping.kind_roles import KindRole
from app.mapping.lookups import Lookups
from app.mapping.names import normalise_name
from app.mapping.rows import Joined, Mapped, Record, Result, Value
from app.mapping.text import cut
from app.mapping.traits import Identity, Mention, Names, Naming, QuestionColumns, Recognition
from app.problems import Problem
from app.sources.cliniko.custom_field_row import CustomFieldRow
from app.sources.cliniko.headers import HeaderSet, fingerprint
from app.sources.cliniko.own_fields import OWN_TYPES, is_same
from app.sources.cliniko.questions import UNKNOWN_TYPE, type_of
from app.sources.cliniko.row import FROM_THE_API

NAME = "custom_fields"
DEFINITION = "patient_custom_fields_definition"
"""The member of the `settings` resource of Cliniko's API that holds the definitions of custom fields."""


def option_key(row: CustomFieldRow) -> str | None:
    """The token or name of the row's option, which tells the rows of one field apart; None without an option."""
    return row.option_token or row.option_name


def by_section(row: CustomFieldRow) -> str | None:
    """`SECTION: NAME`, which tells apart fields of equal names in two sections; None where one part is missing."""
    return f"{row.section_name}: {row.field_name}" if row.section_name and row.field_name else None


def text_key(token: str) -> str:
    """The source id of a field's companion for text, which holds answers that the field's type does not allow."""
    return f"{token}:text"


def to_records(row: CustomFieldRow, joined: Joined, lookups: Lookups) -> Result:
    """The field with all its options, from any row of it, and its companion for text where answers need one."""
    if (other := decided(KindRole.FIELD, row.field_token, lookups)) is not None:
        return other
    if "elsewhere" in joined.extra:
        return Mapped((already_there(row.field_token),))
    own = type_of(row.field_type)
    known = lookups.fields.get(row.field_token) or Defined(row.field_name or "", own or UNKNOWN_TYPE)
    codes = {
        "name_missing": row.field_name is None,
        "custom_field_type_unknown": own is None,
        "custom_field_type_conflict": known.clashes,
    }
    records = [_record(row.field_token, known), *_text_companion(row.field_token, known)]
    problems = tuple(Problem(code, NAME, source_id=row.field_token) for code, applies in codes.items() if applies)
    return Mapped(tuple(records), problems)


def _text_companion(key_: str, known: Defined) -> tuple[Record, ...]:
    """The field for answers that the question's own field cannot hold; empty where all answers fit."""
    if not known.has_text:
        return ()
    return (_record(text_key(key_), Defined(f"{known.name} (text)", UNKNOWN_TYPE)),)


def already_there(key_: str) -> Record:
    """A field that another row writes, or that the workspace has already: counted, and not written again."""
    return Record(NAME, NAME, key_, {}, elsewhere=True)


def _record(key_: str, known: Defined) -> Record:
    is_choice = known.type in CHOICES
    options: list[JsonValue] = [
        {"id": o.id, "label": o.label, "archived": o.archived} for o in known.options if is_choice
    ]
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
    """The record of a field that only answers name: a detail of Cliniko's patients, or a question without a definition.

    A field that the workspace has already is not written again.
    """
    own = OWN_TYPES.get(mention.key)
    if own is not None:
        existing = lookups.native_fields.get(normalise_name(mention.name))
        if is_same(existing, own):
            return already_there(mention.key)
        return _record(mention.key, Defined(mention.name, own, clashes=existing is not None))
    if lookups.plan.choice(KindRole.FIELD, mention.key).to == "match":
        return already_there(mention.key)
    known = lookups.fields.get(mention.key) or Defined(mention.name, UNKNOWN_TYPE)
    return _record(mention.key, known)


def companion_of(mention: Mention, lookups: Lookups) -> tuple[Record, ...]:
    """The companion for text of a field that only answers name; empty where all answers fit the field's type."""
    known = lookups.fields.get(mention.key)
    is_made = known is not None and lookups.plan.choice(KindRole.FIELD, mention.key).to != "match"
    return _text_companion(mention.key, known) if known is not None and is_made else ()


def unfold(value: Mapping[str, JsonValue]) -> tuple[JsonObject, ...] | None:
    """The rows of a nested definition; None for an object that is no definition.

    Cliniko's API nests definitions: sections, each with fields, each with options. Each option gives one row, and each
    field without options gives one row.
    """
    definition: object = value.get(DEFINITION, value)
    sections = definition.get("sections") if isinstance(definition, dict) else definition
    if isinstance(definition, dict) and isinstance(definition.get("fields"), list):
        sections = [definition]
    is_definition = DEFINITION in value or any("fields" in s for s in _objects(sections))
    return tuple(_rows(_objects(sections))) if is_definition else None


def _objects(value: object) -> list[JsonObject]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _rows(sections: list[JsonObject]) -> Iterator[JsonObject]:
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


def looks_like_custom_fields(headers: HeaderSet) -> bool:
    """Whether the normalised headers are those of definitions of custom fields, flat or as Cliniko's API nests them."""
    return headers.all("fieldtoken", "fieldtype") or headers.all("patientcustomfieldsdefinition")


KIND = Kind(
    name=NAME,
    role=KindRole.FIELD,
    label="Custom fields",
    source_label="Custom fields",
    source_location=FROM_THE_API,
    recognition=Recognition(
        fingerprint=fingerprint(looks_like_custom_fields),
        file_names=("custom fields", "custom_fields", "settings"),
        json_keys=("custom_fields", DEFINITION),
        unfold=unfold,
    ),
    row=CustomFieldRow,
    to_records=to_records,
    tables=(NAME,),
    identity=Identity(
        key_suffix_of=option_key,
        is_multi_row=True,
    ),
    names=Names(
        name_of=lambda row: row.field_name,
        alias_of=by_section,
    ),
    naming=Naming(
        unknown_label="Custom field",
        record_makers={NAME: from_name},
        extra_records=companion_of,
    ),
    questions=QuestionColumns(columns=lambda columns: columns),
)
