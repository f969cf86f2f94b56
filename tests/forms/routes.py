"""Every form of the product: its page, what a person sends with it, and the changes that can outdate it.

A POST route without a line here (or in `FENCED` of `app/web/form_fingerprint.py`) fails `test_every_form_has_a_line`.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session, select

from app.access.access_tables import Invitation, Membership
from app.db import now
from app.links.inspection import Findings
from app.migration.checked_links import keep_checked
from app.migration.models import ChangeRequest, Export, ExportFile, Migration, Trial, Waiver
from app.migration.plans import plan_of
from app.migration.states import State
from app.sandbox.demo import WORKSPACE
from app.sources import source
from app.wizard.link_report import facts_of
from app.wizard.migration_overview import inventory_of
from tests.harness.page_text import absent, doubts
from tests.harness.product import ANA, MEGAN, ROSA, Product, Visitor

WORDS = "The clinic asked us on the phone."
LINK = "https://10.0.0.1/export.zip"  # never asked: it is no public address
PUBLIC_LINK = "https://riverbend.s3.ap-southeast-2.amazonaws.com/export.zip"  # handed over, and never asked
Act = Callable[[Product], None]
Fill = Callable[[Product, Visitor], dict[str, Any]]


def nothing(_: Product) -> None:
    """Leaves everything as it is."""


def always(**fields: Any) -> Fill:
    return lambda _product, _browser: dict(fields)


@dataclass(frozen=True)
class Line:
    """One form.

    `change` makes a change that outdates the form; `None` if there is none, because the form only adds something to its
    address. `fills` fills in the page like a browser.
    """

    route: str
    point: str
    change: Act | None
    fills: Fill = field(default_factory=always)
    before: Act = nothing
    address: Callable[[Product], dict[str, str]] = lambda _: {}
    files: bool = False

    def at(self, product: Product) -> str:
        return self.route.format(migration_id=product.migration_id, **self.address(product))

    @property
    def who(self) -> str:
        return ANA if self.route.startswith("/support") else MEGAN


def put(**values: Any) -> Act:
    return lambda product: product.put(**values)


def went_on(product: Product) -> None:
    """The move went on and came back to the same state, as a colleague's two clicks do."""
    product.put(epoch=product.move().epoch + 1)


def in_state(state: State, **more: Any) -> Act:
    return lambda product: product.put(state=state.value, **more)


def next_export(product: Product) -> None:
    """A colleague handed over another export: the same numbers now name other people."""

    def replace(session: Session) -> None:
        migration = session.get_one(Migration, product.migration_id)
        number = migration.export_number
        before = session.get_one(Export, (migration.id, number))
        inventory = before.inventory.copy()
        inventory["references"] = {
            kind: [{**one, "name": other["name"]} for one, other in zip(some, some[1:] + some[:1], strict=True)]
            for kind, some in inventory["references"].items()
        }
        kept = before.model_dump(exclude={"number", "inventory"})
        session.add(Export(**kept, number=number + 1, inventory=inventory))
        for file in session.exec(select(ExportFile).where(ExportFile.export_number == number)).all():
            session.add(ExportFile(**file.model_dump(exclude={"export_number"}), export_number=number + 1))
        migration.export_number = number + 1
        session.add(migration)

    product.write(replace)


def plan_with(**parts: Any) -> Act:
    """Another plan, saved by a colleague."""

    def save(product: Product) -> None:
        plan = plan_of(product.move()).model_copy(update=parts)
        product.put(plan=plan.model_dump(mode="json"))

    return save


def file_answered(product: Product) -> None:
    """A colleague gave the kind of the first file."""
    with product.runtime.ledger.read() as session:
        path = session.get_one(ExportFile, (product.migration_id, product.move().export_number, 1)).path
    plan_with(file_kinds={path: "contacts"})(product)


def waiting_link(product: Product, address: str = LINK) -> None:
    """A link was looked at and waits to be handed over."""
    key = product.runtime.link_key(product.move())
    found = Findings(name="export.zip", files=1, provider="https", label="a web address", first_kind="zip")
    product.write(
        lambda session: keep_checked(
            session,
            product.migration_id,
            hint="10.0.0.1",
            findings=facts_of(found),
            link=f"{address}?{secrets.token_hex(4)}",
            key=key,
        )
    )


def waiting_public_link(product: Product) -> None:
    """A link that may be handed over waits for that."""
    waiting_link(product, PUBLIC_LINK)


def begun(product: Product) -> None:
    """A file of one byte is uploaded, and not handed over yet."""
    megan = product.visitor(MEGAN)
    form = {"name": f"{secrets.token_hex(2)}.zip", "size": "1"}
    answer = megan.post(f"{product.at}/upload/begin", data=form)
    assert answer.status_code == 200, answer.text
    upload = answer.json()["files"][0]["id"]
    headers = {"upload-offset": "0", "content-type": ""}
    sent = megan.post(f"{product.at}/upload/{upload}/piece", content=b"x", headers=headers)
    assert sent.status_code == 200, sent.text


def asked(product: Product) -> None:
    """A change was asked for, and waits."""
    answer = product.visitor(MEGAN).post(f"{product.at}/review/requests", data={"text": "Line 12 should be archived."})
    assert answer.status_code == 303


def request_of(product: Product) -> ChangeRequest:
    with product.runtime.ledger.read() as session:
        return session.exec(select(ChangeRequest)).one()


def answered(product: Product) -> None:
    """Another supporter answered the request meanwhile."""
    form = {"request_id": request_of(product).id, "text": "Line 12 is archived now."}
    assert product.visitor(ROSA).post(f"/support/{product.migration_id}/answer", data=form).status_code == 303


def withdrawn(product: Product) -> None:
    """The clinic withdrew the request meanwhile."""
    address = f"{product.at}/review/requests/{request_of(product).id}/withdraw"
    assert product.visitor(MEGAN).post(address).status_code == 303


def invited(product: Product) -> None:
    answer = product.visitor(MEGAN).post(f"{product.at}/people", data={"email": "kim@clinic.example", "role": "viewer"})
    assert answer.status_code == 303


def invitation_of(product: Product) -> dict[str, str]:
    with product.runtime.ledger.read() as session:
        return {"invitation_id": session.exec(select(Invitation.id)).one()}


def another_role(product: Product) -> None:
    def change(session: Session) -> None:
        member = session.get_one(Membership, ("per_vera", WORKSPACE))
        member.role = "reviewer"
        session.add(member)

    product.write(change)


def another_digest(product: Product) -> None:
    def change(session: Session) -> None:
        trial = session.get_one(Trial, (product.migration_id, product.move().trial_number))
        trial.digest = "f" * 64
        session.add(trial)

    product.write(change)


def waived(product: Product) -> None:
    row = Waiver(migration_id=product.migration_id, check="invitations", reason=WORDS, by=ANA)
    product.write(lambda session: session.add(row))


def approval(product: Product, browser: Visitor) -> dict[str, Any]:
    page = browser.get(f"{product.at}/approve")
    with product.runtime.ledger.read() as session:
        trial = session.get_one(Trial, (product.migration_id, product.move().trial_number))
    return {"name": product.move().clinic, "digest": trial.digest, "accept": doubts(page)}


def name_of(product: Product, kind: str, place: int = 0) -> str:
    """The source's id of one name of the export."""
    with product.runtime.ledger.read() as session:
        inventory = inventory_of(session, session.get_one(Migration, product.migration_id))
    assert inventory is not None
    return inventory.references[kind][place].id


def people_left_out(product: Product, _: Visitor) -> dict[str, Any]:
    return {"show": "practitioners", "act": "save", f"c:{name_of(product, 'practitioners')}": "leave_out"}


USES = tuple(use.name for use in source(None).uses)
M, S = "/m/{migration_id}", "/support/{migration_id}"


def vera(_: Product) -> dict[str, str]:
    return {"person_id": "per_vera"}


def first_file(_: Product) -> dict[str, str]:
    return {"number": "1"}


REASON = always(reason=WORDS)
LINES: tuple[Line, ...] = (
    Line(f"{M}/overview", "preparing", put(conversion_date="2027-01-05"), always(ack="1", conversion="18/12/2026")),
    Line(f"{M}/checklist/services", "preparing", put(services_way="set_up"), always(way="bring")),
    Line(f"{M}/checklist/dates", "preparing", put(conversion_date="2027-01-05"), always(conversion="18/12/2026")),
    Line(f"{M}/uses", "preparing", put(uses=[USES[1]]), always(uses=[USES[0]])),
    Line(f"{M}/uses/counts", "preparing", put(own_counts={"patients": 7}), always(**{"count-patients": "400"})),
    Line(f"{M}/export", "preparing", put(export_confirmed_at=now()), always(ready="1")),
    Line(f"{M}/handover/upload", "preparing", went_on, files=True),
    Line(f"{M}/handover/sample", "preparing", went_on, always(size="small")),
    Line(f"{M}/handover/replace", "matching", went_on),
    Line(
        f"{M}/handover/found",
        "matching",
        next_export,
        lambda product, browser: {"absent": absent(browser.get(f"{product.at}/handover"))},
    ),
    Line(f"{M}/upload/begin", "preparing", begun, always(name="a.zip", size="9")),
    Line(f"{M}/upload/finish", "preparing", begun, before=begun),
    Line(f"{M}/upload/stop", "preparing", begun, before=begun),
    Line(f"{M}/link", "preparing", waiting_link, always(link=LINK)),
    Line(f"{M}/link/again", "preparing", waiting_link, before=waiting_link),
    Line(f"{M}/link/confirm", "preparing", waiting_public_link, before=waiting_public_link),
    Line(f"{M}/link/forget", "preparing", waiting_link, before=waiting_link),
    Line(f"{M}/files", "matching", file_answered),
    Line(f"{M}/files/password", "matching", went_on, always(password="open sesame")),
    Line(f"{M}/files/{{number}}", "matching", file_answered, always(act="leave"), address=first_file),
    Line(f"{M}/matches", "matching", next_export, people_left_out),
    Line(
        f"{M}/matches",
        "matching",
        plan_with(leave_out_kinds=("contacts",)),
        always(show="leave_out", act="save", kinds="treatment_notes"),
    ),
    Line(f"{M}/progress/retry", "matching", went_on, before=in_state(State.READING_FAILED)),
    Line(f"{M}/progress/pause", "matching", put(export_number=9), before=in_state(State.FETCHING)),
    Line(
        f"{M}/progress/resume",
        "matching",
        put(export_number=9),
        before=in_state(State.PAUSED, paused_from=State.FETCHING.value),
    ),
    Line(f"{M}/progress/cancel", "matching", went_on, before=in_state(State.READING_FAILED)),
    Line(f"{M}/progress/back-to-review", "reviewing", went_on, before=in_state(State.FINALISING_FAILED)),
    Line(f"{M}/review/change-plan", "reviewing", went_on),
    Line(f"{M}/review/start-again", "reviewing", went_on),
    Line(f"{M}/review/requests", "reviewing", put(trial_number=2), always(text="Line 12 should be archived.")),
    Line(
        f"{M}/review/requests/{{request_id}}/withdraw",
        "reviewing",
        answered,
        before=asked,
        address=lambda product: {"request_id": request_of(product).id},
    ),
    Line(f"{M}/approve", "reviewing", another_digest, approval),
    Line(f"{M}/report/link", "finalised", put(export_number=9)),
    Line(f"{M}/report/undo", "finalised", went_on, always(undo="1")),
    Line(f"{M}/report/delete", "finalised", went_on, always(delete="1")),
    Line(f"{M}/people", "preparing", None, always(email="kim@clinic.example", role="viewer")),
    Line(
        f"{M}/people/{{person_id}}",
        "preparing",
        another_role,
        always(role="admin"),
        address=vera,
    ),
    Line(f"{M}/people/{{person_id}}/remove", "preparing", another_role, address=vera),
    Line(
        f"{M}/people/invitations/{{invitation_id}}/withdraw", "preparing", None, before=invited, address=invitation_of
    ),
    Line(f"{M}/help", "preparing", None, always(text="Where is my export?")),
    Line(f"{S}/retry", "matching", went_on, REASON, before=in_state(State.READING_FAILED)),
    Line(f"{S}/cancel", "matching", went_on, REASON),
    Line(f"{S}/pause", "matching", put(export_number=9), REASON, before=in_state(State.FETCHING)),
    Line(
        f"{S}/resume",
        "matching",
        put(export_number=9),
        REASON,
        before=in_state(State.PAUSED, paused_from=State.FETCHING.value),
    ),
    Line(f"{S}/back-to-review", "reviewing", went_on, REASON, before=in_state(State.FINALISING_FAILED)),
    Line(f"{S}/undo", "finalised", went_on, REASON),
    Line(f"{S}/waive", "matching", waived, always(check="invitations", reason=WORDS)),
    Line(
        f"{S}/answer",
        "reviewing",
        answered,
        lambda product, _: {"request_id": request_of(product).id, "text": WORDS},
        before=asked,
    ),
    Line(f"{S}/help", "preparing", None, always(text="It is on its way.")),
    Line(
        f"{S}/files/{{number}}",
        "matching",
        file_answered,
        always(kind="leave_out", act="keep", reason=WORDS),
        address=first_file,
    ),
)
