"""The pages that rarely change: how to export, help, the sandbox, the outbox, and the e-mails."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial

import css_inline
import pytest
from playwright.sync_api import Page

from app.caspen import views
from app.caspen.tables import Client, ProgressNote
from app.mapping.export_guide import ExportGuide
from app.records.field import FormSheet, RecordField, RichText, text_field
from app.records.section import SectionLine, SectionPage, Tab
from app.records.sections import BY_NAME, SECTIONS
from app.sources.cliniko.source import EXPORT_GUIDE
from app.templating import TEMPLATES, environment, rich
from tests.harness.browser import axe, scrolls_sideways
from tests.look.pages import LONG_NAME, NOW, assert_open_to_everybody, context, render, served

KINDS = [
    {
        "label": "Locations",
        "called": "Businesses",
        "where": "Ask whoever made it",
        "native_headers": "A",
        "instead": "",
    },
    {"label": "Clients", "called": "Patients", "where": "Settings, Data exports", "native_headers": "C", "instead": ""},
    {"label": "Contacts", "called": "Contacts", "where": "Settings, too", "native_headers": "A", "instead": ""},
    {"label": "Letters", "called": "Letters", "where": "There", "native_headers": "A", "instead": "Save them as PDF."},
]
THREAD = [
    {"who": "Megan Doyle", "when": NOW - timedelta(hours=3), "words": "Two fit.\nWhich?", "side": "", "tiny": "Match"},
    {"who": "Ana Ferreira, support", "when": NOW, "words": "Jonathan. <b>", "side": "ours", "tiny": ""},
]
LONG = "x" * 180
ACCOUNT = {"name": LONG_NAME, "email": f"{'megan' * 20}@harbourstreetphysiotherapy.example"}
WORKSPACE = {"id": "wsp_demo", "name": "Harbour Street Physiotherapy"}
PEOPLE = [
    {"id": "u1", "name": LONG_NAME, "email": "priya@harbourstreetphysiotherapyandsportsmedicine.example",
     "role": "Practitioner", "state": "invited", "invited_at": NOW - timedelta(days=6), "may_enter": False},
    {"id": "u2", "name": "Grace Okonkwo", "email": "g@x.example", "role": "", "state": "active", "may_enter": True},
    {"id": "u3", "name": "Sam", "email": "s@x.example", "role": "Admin", "state": "inactive", "may_enter": False},
]  # fmt: skip
MAILS = [
    {
        "mail": {
            "id": f"m{number}",
            "recipient": "megan@harbourstreetphysio.example",
            "written_at": NOW,
            "sent_at": None,
        },
        "subject": subject,
        "text": "Megan,\n\nwe have copied everything.\n" + LONG,
        "href": "/m/x/review",
    }
    for number, subject in enumerate(["Your trial is ready to review", "We have your export"])
]

LIVE = views.ClientPage(
    (
        views.ClientLine("c1", LONG_NAME, date(1980, 2, 3), f"{LONG}@x.example", "0400 000 000", True, 1204, 0),
        views.ClientLine("c2", "يوسف", None, None, None, False, 0, 0),
    ),
    total=12480, page=2, pages=250,
)  # fmt: skip
NOBODY = views.ClientPage((), total=0, page=1, pages=1)
HTML = f"<h1>Plan</h1><p>{LONG}</p><ul><li>one</li></ul><script>alert(1)</script>"
CHOICE = {"type": "single_choice", "label": LONG, "options": [LONG, "No"], "answer": ["No"], "other_text": LONG}
SIGNED = {"type": "signature", "label": "Signed", "signature_id": "1", "answer": "[Signature not included]"}
FORM = FormSheet([{"name": "You", "fields": [{"type": "statement", "text": HTML}, CHOICE, SIGNED]}], {})
FIELDS = {"Service": LONG, "Practitioner": LONG_NAME, "State": "Canceled: Away", "Date": "today", "Note": LONG}
CLIENT = Client(workspace_id="w", id="c1", first_name="Noah", last_name=LONG, status="archived", source_id="1558")
TABS = [Tab("", "Details"), *(Tab(one.name, one.label, 1204) for one in SECTIONS)]


def live(section: str = "", **more: object) -> str:
    values: dict[str, object] = {
        "workspace": WORKSPACE, "client": CLIENT, "name": f"Noah {LONG}", "tabs": TABS, "section": section,
        "at": "/sandbox/w", "client_at": "/sandbox/w/clients/c1", "records_at": "",
        "fields": [text_field("Name", LONG_NAME), text_field("Notes", f"{LONG}\n{LONG}")],
    }  # fmt: skip
    return render("sandbox/client.html", **(values | more))


def of_section(name: str, *, closed: bool = False, nothing: bool = False) -> str:
    """One page of a section, with every possible part of a line."""
    section = BY_NAME[name]
    record = ProgressNote.model_construct(state="draft")
    value = FORM if name == "forms" else RichText(HTML)
    fields = {label: text_field(label, words) for label, words in FIELDS.items()}
    line = SectionLine(
        "r1",
        LONG,
        record,
        fields,
        () if closed else (RecordField("Words", value),),
        (("Draft", "needs"),),
        "Past",
        closed,
    )
    lines = () if nothing else (line, line)
    return live(name, shown=SectionPage(section, lines, 0 if nothing else 1204, 2, 25))


def export(**more: object) -> str:
    values = {"conversion": date(2026, 12, 18), "best": date(2026, 12, 17), "kinds": KINDS, "ready": False}
    return render("wizard/export.html", **(values | {"guide": EXPORT_GUIDE} | more))


def help_page(**more: object) -> str:
    values = {"thread": THREAD, "from_page": "match", "error_id": "", "text": "", "support_email": "support@c.example"}
    return render("wizard/help.html", **(values | more))


def sandbox(**more: object) -> str:
    values: dict[str, object] = {
        "workspace": WORKSPACE,
        "gap_count": 2,
        "gaps": ["1 location", "1 invitation"],
        "locations": [{"name": "Newport", "zone": "Australia/Sydney", "archived": False}],
        "zones": ["Australia/Sydney", "Australia/Lord_Howe"],
        "services": [{"name": f"Consultation {n}", "kind": "appointment", "duration": 30 * (n % 2)} for n in range(10)],
        "people": PEOPLE,
        "roles": [("practitioner", "Practitioner"), ("admin", "Admin")],
        "clients": 0,
        "rail": [],
    }
    return render("sandbox/workspace.html", **(values | more))


def nothing_there() -> str:
    nothing: dict[str, object] = {"gap_count": 0, "gaps": [], "locations": [], "services": [], "people": []}
    mistake = [{"field": "person_name", "words": "Write a name."}]
    return sandbox(**nothing, clients=12480, errors=mistake, others=[{"id": "w", "name": "Bayside"}])


PAGES: dict[str, Callable[[], str]] = {
    "/export": export,
    "/export-no-dates": lambda: export(conversion=None, best=None, guide=ExportGuide(), errors=[
        {"field": "ready", "words": "Tick this when your export holds everything that you want moved."},
    ]),
    "/help": help_page,
    "/help-new": lambda: help_page(thread=[], error_id="e-7c41", text="typed", errors=[
        {"field": "text", "words": "Write what you need help with."},
    ]),
    "/sandbox": sandbox,
    "/sandbox-empty": nothing_there,
    "/clients": lambda: render("sandbox/clients.html", workspace=WORKSPACE, q="x", at="/sandbox/w", matches=LIVE),
    "/clients-none": lambda: render("sandbox/clients.html", workspace=WORKSPACE, q="", at="/sandbox/w", matches=NOBODY),
    "/client": live,
    **{f"/client-{one.name}": partial(of_section, one.name) for one in SECTIONS},
    "/client-notes-closed": lambda: of_section("notes", closed=True),
    "/client-cases-none": lambda: of_section("cases", nothing=True),
    "/outbox": lambda: render("outbox/outbox.html", mails=MAILS, total=len(MAILS) + 9, leaves=True, chosen=MAILS[0]),
    "/outbox-empty": lambda: render("outbox/outbox.html", mails=[], total=0, leaves=False, chosen=None),
    "/confirm": lambda: render("signin/confirm.html", token="a/b", good=True, person=ACCOUNT, other=None),
    "/confirm-other": lambda: render("signin/confirm.html", token="a/b", good=True, person=ACCOUNT, other=ACCOUNT),
    "/confirm-late": lambda: render("signin/confirm.html", token="ab", good=False, minutes=30),
    "/leave": lambda: render("signin/signed-out.html", signed_out=False),
    "/stop": lambda: render("errors/stop.html", problem={"title": "T", "todo": "D", "code": "link_private"}),
}  # fmt: skip


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with served({address: draw() for address, draw in PAGES.items()}) as address:
        yield address


@pytest.mark.browser
@pytest.mark.xdist_group("look")
@pytest.mark.parametrize("address", PAGES)
def test_a_page_is_open_to_everybody_on_every_screen(page: Page, site: str, address: str) -> None:
    assert_open_to_everybody(page, site + address)


def test_only_kinds_that_move_are_listed_and_only_verified_ones_are_called_confirmed() -> None:
    rows = export().split('<tr role="row"')
    text_field = {
        label: row for label in ("Locations", "Clients", "Contacts") for row in rows if f">{label}</th>" in row
    }
    assert "Confirmed" in text_field["Clients"]
    assert "May look different" in text_field["Contacts"]
    assert "Ask Cliniko support" in text_field["Locations"]
    assert "Letters</th>" not in "".join(rows)


def test_what_people_write_is_shown_as_they_wrote_it_and_nothing_more() -> None:
    drawn = help_page()
    assert "Jonathan. &lt;b&gt;" in drawn
    assert "Two fit.\nWhich?" in drawn


def test_a_note_shows_its_form_and_runs_nothing() -> None:
    shown = rich("<h1>Plan</h1><p onclick=x()><b>a</b></p><img src=x onerror=y()><script>alert(1)</script>")
    assert shown == "<h4>Plan</h4><p><b>a</b></p>"


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("<h1>a</h1><h2>b</h2>", "<h4>a</h4><h5>b</h5>"),
        ("<h2>b</h2>", "<h4>b</h4>"),
        ("<h2>b</h2><h1>a</h1>", "<h4>b</h4><h4>a</h4>"),
    ],
)
def test_the_headings_of_a_note_never_skip_a_level(html: str, shown: str) -> None:
    assert rich(html) == shown


def test_a_help_message_keeps_where_it_came_from_and_what_was_typed() -> None:
    drawn = help_page(error_id="e-7c41", text="typed", errors=[{"field": "text", "words": "Shorten it."}])
    assert '<input type="hidden" name="error" value="e-7c41">' in drawn
    assert "typed</textarea>" in drawn


def test_nobody_enters_as_somebody_in_production() -> None:
    people = [{"name": "Megan Doyle", "email": "m@x.example", "role_label": "Clinic admin", "clinic": ""}]
    assert "Enter as" in render("signin/sign-in.html", people=people)
    assert "Enter as" not in render("signin/sign-in.html", people=people, environment="production")


MAIL_NAMES = sorted(path.stem for path in (TEMPLATES / "emails").glob("*.txt") if path.stem != "base")
MAIL_VALUES: dict[str, object] = {
    "subject": "Your trial is ready to review",
    "button": "Open",
    "href": "https://move.example/m/x/review?a=1&b=2",
    "clinic": "O'Rourke & Sons",
    "support_email": "support@caspen.example",
    "minutes": 15,
    "problem": {"title": "Google asks us to sign in", "todo": "Share it by link.", "code": "link_private"},
}


@pytest.mark.parametrize("name", MAIL_NAMES)
def test_a_mail_says_the_same_in_plain_text_and_in_html(name: str) -> None:
    text = environment().get_template(f"emails/{name}.txt").render(context(**MAIL_VALUES))
    html = environment().get_template(f"emails/{name}.html").render(context(**MAIL_VALUES))
    assert "https://move.example/m/x/review?a=1&b=2" in text
    assert "https://move.example/m/x/review?a=1&amp;b=2" in html
    assert "&amp;" not in text
    assert ("O'Rourke & Sons" in text) == ("O&#39;Rourke &amp; Sons" in html)
    assert "\n\n\n\n" not in text


@pytest.mark.browser
@pytest.mark.xdist_group("look")
def test_a_mail_with_its_styles_inlined_reads_well_in_light_and_dark(page: Page) -> None:
    terms = [{"words": "rows in your export", "n": 613212}, {"words": "wait for you", "n": 412, "kind": "needs"}]
    drawn = environment().get_template("emails/ready_to_review.html").render(context(**MAIL_VALUES, sum=terms))
    mail = css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False).inline(drawn)
    with served({"/mail": mail}) as site:
        page.route("**/mail", lambda route: route.fulfill(body=mail, content_type="text/html; charset=utf-8"))
        page.goto(f"{site}/mail")
        assert axe(page) == []
        assert not scrolls_sideways(page)
    assert 'style="' in mail
