"""Types of JSON that other software wrote, so that no key is known before the JSON is read.

A clinic's export may hold any JSON in a file or in a cell. Code must check the type of a value before the code uses it.
JSON that this product writes has a TypedDict instead, which describes each key.
"""

from typing import TypeAlias

JsonValue: TypeAlias = bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"] | None
"""Any JSON value. Numbers and texts may be subclasses that keep how a file wrote them."""

JsonObject: TypeAlias = dict[str, JsonValue]
"""A JSON object, with the members that its file gives."""
