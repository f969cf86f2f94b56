"""How a clinic exports everything from a source, in words for the clinic."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExportGuide:
    """The steps of the page about the export. Between two `|` are the words of a button or field of the source.

    * `before_dates`, `after_dates`: the steps before and after the dates are chosen, such as "Open |Settings|.".
    * `all_dates`: the words of a date field when everything is exported, such as "Any time". The page draws two such
      fields. "" if the source asks for no dates.
    * `known_place`: a text in the `source_location` of every kind that these steps export. Only the source's support
      can export other kinds. "" if these steps export every kind.
    * `support`: where the source's support answers, as the end of a sentence; "" if unknown.
    * `help_article`: the web address of the source's own help about exports, and `help_title`: its title.
    * `not_moved`: a sentence about what does not move; "" if everything moves.
    """

    before_dates: tuple[str, ...] = ()
    after_dates: tuple[str, ...] = ()
    all_dates: str = ""
    known_place: str = ""
    support: str = ""
    help_article: str = ""
    help_title: str = ""
    not_moved: str = ""
