"""What a source's folder must hold beside its kinds, checked when the source is registered.

kinds         every module with a `KIND` has a line in the source's `kinds`
verification  every imported kind has a verified kind, or a reason in `unverified` why its rows are not compared
features      every expected kind that not every clinic has is in one of `uses`, so that the clinic is asked about it
"""

from collections.abc import Iterator

from app.listed_modules import unlisted_modules
from app.mapping.kind import Kind, Source
from app.mapping.kind_roles import MATCHED, KindRole

WHEN_NEEDED = ("demo_workspace", "sample")
"""Modules of a source that are imported when a function needs them (`app/sources/invented.py`)."""
OF_EVERY_CLINIC = (*MATCHED, KindRole.CLIENT)
"""Roles of kinds that every clinic has, so that no clinic is asked about them."""


def folder_gaps(package: str, source: Source) -> Iterator[str]:
    """The missing parts of a source, each with what to add. `package` is the name of the imported folder."""
    yield from _unlisted(package, source)
    yield from _unverified(source)
    yield from _without_feature(source)


def _unlisted(package: str, source: Source) -> Iterator[str]:
    for name in unlisted_modules(package, "KIND", source.kinds, Kind, WHEN_NEEDED):
        yield f"add {name}.KIND to `kinds` in source.py"


def _unverified(source: Source) -> Iterator[str]:
    verified = {verified.kind for verified in source.verified_kinds}
    for kind in source.kinds:
        if kind.imported and kind.name not in verified and not source.unverified.get(kind.name):
            yield f"add a VerifiedKind for {kind.name}, or a reason to `unverified` in source.py"
    for name in sorted(source.unverified.keys() & verified):
        yield f"remove {name} from `unverified` in source.py, because the kind is verified"
    for name in sorted(source.unverified.keys() - {kind.name for kind in source.kinds}):
        yield f"remove {name} from `unverified` in source.py, because the source has no such kind"


def _without_feature(source: Source) -> Iterator[str]:
    asked = {name for use in source.uses for name in use.kinds}
    for kind in source.kinds:
        if source.uses and kind.is_expected and kind.role not in OF_EVERY_CLINIC and kind.name not in asked:
            yield f"add {kind.name} to the feature in USES of source.py that a clinic uses with the kind"
