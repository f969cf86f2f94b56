"""Where each kind stands in a sample and in which of the export's two dialects, as clinics really hand them over."""

from datetime import date

from .bundle import Layout, Shape
from .columns import Style
from .kinds.appointments import slice_days
from .kinds.kind import SampleKind
from .sizes import AS_OF
from .world import World

TOP = "Harbour Street Physiotherapy Cliniko export"
_ENDING = {Shape.CSV: "csv", Shape.ARRAY: "json", Shape.LINES: "jsonl", Shape.PAGES: "json"}


def _stamp(day: date) -> str:
    return day.strftime("%Y%m%d")


def _native(kind: SampleKind, folder: str, dates: tuple[date, date] | None = None) -> str:
    between = f"-From{_stamp(dates[0])}-To{_stamp(dates[1])}" if dates else ""
    return f"{folder}/{kind.native_name}-Cliniko-{_stamp(AS_OF)}{between}.csv"


def _api(kind: SampleKind, folder: str) -> Layout:
    page = "-{page}" if kind.shape is Shape.PAGES else ""
    style = Style.API_CSV if kind.shape is Shape.CSV else Style.API_JSON
    return Layout((f"{folder}/{kind.name}{page}.{_ENDING[kind.shape]}",), style, kind.shape)


def layout_of(kind: SampleKind, world: World) -> Layout:
    if world.dialect == "native":
        return Layout((_native(kind, TOP),), Style.NATIVE)
    if world.dialect == "api":
        return _api(kind, TOP)
    folder = f"{TOP}/{kind.folder}".rstrip("/")
    if not kind.mixed_native:
        return _api(kind, folder)
    if kind.sliced:
        early, late = slice_days(world)
        paths = (_native(kind, f"{folder}/Earlier years", early), _native(kind, f"{folder}/Since then", late))
        return Layout(paths, Style.NATIVE)
    return Layout((_native(kind, folder),), Style.NATIVE)
