"""Every relation of a person to a clinic's invitation, and the expected response of each route."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import Session, select

from app.access.access_tables import Invitation, Membership, Person
from app.access.rights import HOLDERS, RIGHTS, Right, Role
from app.caspen.tables import Client, Contact, File
from app.migration.upload_tables import UploadFile
from app.sandbox.demo import WORKSPACE
from tests.harness.invitations import answer_invitation, change, invitation_to, invite, remove, sign_in_by_link
from tests.harness.page_text import done
from tests.harness.product import MEGAN, OTHER, Product, Visitor

ENDLESS = "/progress/events"
OPENS = frozenset({200, 303, 307, 409, 410, 422})
CLINIC_ROLES = (Role.VIEWER, Role.REVIEWER, Role.ADMIN)
FRAGMENT = {"HX-Request": "true"}
PAGE: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Colleague:
    """One person after a situation. `browser` was signed in before the last act; `roles` are by workspace or `*`.

    `signed_out` says that the last act has to end the session.
    """

    browser: Visitor
    roles: dict[str, Role]
    signed_out: bool = False

    def may(self, right: Right, workspace_id: str) -> bool:
        """The rights of these roles according to the table of holders. A staff role overrides all roles in clinics."""
        role = self.roles.get("*") or self.roles.get(workspace_id)
        wanted = Right.ACT if right is Right.DEVELOPMENT else right
        return role is not None and role in HOLDERS[wanted]


@dataclass(frozen=True, slots=True)
class Situation:
    """One relation to the clinic, and how a person reaches it by pages and e-mails."""

    name: str
    arrive: Callable[[Product, str], Colleague]


def new_person(product: Product, email: str, **roles: Role) -> Visitor:
    """A person with roles outside of the clinic (`other`) or as staff (`staff`), with a browser that is signed in."""
    places = {"other": OTHER, "staff": "*", "clinic": WORKSPACE}

    def put(session: Session) -> None:
        person = Person(id=secrets.token_hex(8), email=email, name="Robin Vale")
        session.add(person)
        session.flush()
        for place, role in roles.items():
            session.add(Membership(person_id=person.id, workspace_id=places[place], role=role.value))

    product.write(put)
    return product.visitor(email)


def a_day_passes(product: Product) -> None:
    """Makes all invitations older than a day, so that the daily limit ignores them."""
    with product.runtime.ledger.write() as session:
        for invitation in session.exec(select(Invitation)).all():
            invitation.invited_at -= timedelta(days=2)
            session.add(invitation)


def expire(product: Product, offer: Invitation) -> None:
    """Makes an invitation a week old."""
    with product.runtime.ledger.write() as session:
        invitation = session.get_one(Invitation, offer.id)
        invitation.expires_at = invitation.invited_at
        session.add(invitation)


def put_upload(product: Product) -> None:
    """Begins an upload, so that its address exists."""
    move, key = product.migration_id, f"{product.migration_id}/uploads/none"
    upload = UploadFile(migration_id=move, number=1, id="an-upload", name="a.zip", size=1, object_key=key)
    product.write(lambda session: session.add(upload))


def joined(product: Product, email: str, role: Role) -> Visitor:
    """A person who was invited to a role, signed in by a link and accepted."""
    done(invite(product, email, role.value))
    browser = sign_in_by_link(product, email)
    done(answer_invitation(product, browser, email, name="Robin Vale"))
    a_day_passes(product)
    return browser


def invited(role: Role) -> Situation:
    def arrive(product: Product, email: str) -> Colleague:
        done(invite(product, email, role.value))
        a_day_passes(product)
        return Colleague(sign_in_by_link(product, email), {})

    return Situation(f"invited as {role.value}, not accepted", arrive)


def ended(how: str) -> Situation:
    def arrive(product: Product, email: str) -> Colleague:
        done(invite(product, email, Role.ADMIN.value))
        browser = sign_in_by_link(product, email)
        offer = invitation_to(product, email)
        if how == "declined":
            done(answer_invitation(product, browser, email, act="decline"))
        elif how == "withdrawn":
            done(product.visitor(MEGAN).post(f"{product.at}/people/invitations/{offer.id}/withdraw"))
        else:
            expire(product, offer)
        assert answer_invitation(product, browser, email, name="Robin Vale").status_code == 409
        a_day_passes(product)
        return Colleague(browser, {})

    return Situation(f"invited as admin, {how}", arrive)


def accepted(role: Role) -> Situation:
    def arrive(product: Product, email: str) -> Colleague:
        return Colleague(joined(product, email, role), {WORKSPACE: role})

    return Situation(f"accepted as {role.value}", arrive)


def removed(role: Role) -> Situation:
    def arrive(product: Product, email: str) -> Colleague:
        browser = joined(product, email, role)
        done(remove(product, email))
        return Colleague(browser, {}, signed_out=True)

    return Situation(f"removed as {role.value}", arrive)


def removed_and_back(role: Role) -> Situation:
    def arrive(product: Product, email: str) -> Colleague:
        joined(product, email, role)
        done(remove(product, email))
        return Colleague(sign_in_by_link(product, email), {})

    return Situation(f"removed as {role.value}, signed in again", arrive)


def lowered(before: Role, after: Role) -> Situation:
    def arrive(product: Product, email: str) -> Colleague:
        browser = joined(product, email, before)
        done(change(product, email, after.value))
        return Colleague(browser, {WORKSPACE: after})

    return Situation(f"lowered from {before.value} to {after.value}", arrive)


def other_admin(act: str) -> Situation:
    """An admin of another clinic who is invited here as a viewer."""

    def arrive(product: Product, email: str) -> Colleague:
        browser = new_person(product, email, other=Role.ADMIN)
        done(invite(product, email, Role.VIEWER.value))
        a_day_passes(product)
        roles = {OTHER: Role.ADMIN}
        if act in ("accepted", "removed"):
            done(answer_invitation(product, browser, email))
            roles[WORKSPACE] = Role.VIEWER
        if act == "removed":
            done(remove(product, email))
            del roles[WORKSPACE]
        return Colleague(browser, roles)

    return Situation(f"admin of another clinic, {act}", arrive)


def staff(role: Role, in_clinic: Role | None) -> Situation:
    """Caspen's staff, invited; or with a role in the clinic that an earlier version gave."""

    def arrive(product: Product, email: str) -> Colleague:
        if in_clinic is not None:
            return Colleague(
                new_person(product, email, staff=role, clinic=in_clinic), {"*": role, WORKSPACE: in_clinic}
            )
        browser = new_person(product, email, staff=role)
        done(invite(product, email, Role.ADMIN.value))
        assert answer_invitation(product, browser, email).status_code == 409
        a_day_passes(product)
        return Colleague(browser, {"*": role})

    how = f"with the role of {in_clinic.value}" if in_clinic else "invited"
    return Situation(f"{role.value}, {how}", arrive)


def disabled() -> Situation:
    def arrive(product: Product, email: str) -> Colleague:
        browser = joined(product, email, Role.ADMIN)
        with product.runtime.ledger.read() as session:
            person_id = session.exec(select(Person.id).where(Person.email == email)).one()
        product.end_access(person_id)
        return Colleague(browser, {}, signed_out=True)

    return Situation("admin, disabled", arrive)


SITUATIONS: tuple[Situation, ...] = (
    *(invited(role) for role in CLINIC_ROLES),
    *(ended(how) for how in ("declined", "withdrawn", "expired")),
    *(accepted(role) for role in CLINIC_ROLES),
    *(removed(role) for role in CLINIC_ROLES),
    removed_and_back(Role.ADMIN),
    lowered(Role.ADMIN, Role.REVIEWER),
    lowered(Role.ADMIN, Role.VIEWER),
    lowered(Role.REVIEWER, Role.VIEWER),
    *(other_admin(act) for act in ("invited", "accepted", "removed")),
    *(staff(Role.SUPPORT, role) for role in (None, *CLINIC_ROLES)),
    staff(Role.SUPPORT_LEAD, None),
    staff(Role.SUPPORT_LEAD, Role.ADMIN),
    disabled(),
)


def addresses_of(product: Product, migration_id: str) -> dict[tuple[str, str], str]:
    """Every route that names a migration, by method and path, with the address for this migration."""
    with product.runtime.caspen.trial(product.migration_id, 1).database.read() as session:
        file_id, owner = session.exec(select(File.id, File.client_id)).first() or ("", "")
        client = owner or session.exec(select(Client.id)).first() or ""
        contact = session.exec(select(Contact.id)).first() or ""
    values = {
        "migration_id": migration_id,
        "client_id": client,
        "code": "kind_not_imported",
        "number": "1",
        "request_id": "a-request",
        "upload_id": "an-upload",
        "person_id": "per_vera",
        "invitation_id": "an-invitation",
        "section": "notes",
        "file_id": file_id,
        "kind": "contacts",
        "record_id": contact,
        "file_number": "1",
        "line": "2",
    }
    return {
        (method, path): re.sub(r"\{(\w+)\}", lambda match: values[match.group(1)], path)
        for method, path in RIGHTS
        if "{migration_id}" in path
    }


def opened_wrongly(product: Product, colleague: Colleague, *, fragments_of_all: bool = False) -> tuple[int, list[str]]:
    """Asks every route for both clinics. Returns how many were asked, and what was wrong.

    A form that the person may send is left out: it would do its work. What has to be refused is asked for as a page and
    as a fragment; what may be opened is asked for as a fragment too when `fragments_of_all` says so.
    """
    asked, wrong = 0, []
    for workspace_id, migration_id in ((WORKSPACE, product.migration_id), (OTHER, product.other_id)):
        for (method, path), address in addresses_of(product, migration_id).items():
            may = colleague.may(RIGHTS[method, path], workspace_id)
            if may and (method == "POST" or path.endswith(ENDLESS)):
                continue
            for headers in (PAGE,) if may and not fragments_of_all else (PAGE, FRAGMENT):
                status, asked = colleague.browser.request(method, address, headers=headers).status_code, asked + 1
                if not is_right(colleague, may, workspace_id, status, is_fragment=bool(headers)):
                    wrong.append(f"{method} {address} {headers}: {status}")
    for path, expected in pages_without_migration(colleague).items():
        answer, asked = colleague.browser.get(path), asked + 1
        shown = answer.headers.get("location", str(answer.status_code))
        if not shown.startswith(expected):
            wrong.append(f"GET {path}: {shown} instead of {expected}")
    return asked, wrong


def is_right(colleague: Colleague, may: bool, workspace_id: str, status: int, *, is_fragment: bool) -> bool:
    """Whether an answer is the right one for this person."""
    if colleague.signed_out:
        return status == (204 if is_fragment else 303)
    if may:
        return status in OPENS or (status == 404 and workspace_id == OTHER)  # the other clinic has no trial to read
    return status == (403 if colleague.may(Right.VIEW, workspace_id) else 404)


def pages_without_migration(colleague: Colleague) -> dict[str, str]:
    """The start of the location, or the status, that each page without a migration has to answer with."""
    if colleague.signed_out:
        return dict.fromkeys(("/", "/support", "/start", "/clinics", "/invitations"), "/signin")
    if "*" in colleague.roles:
        return {"/": "/support", "/support": "200", "/start": "40", "/clinics": "/support", "/invitations": "200"}
    several = len(colleague.roles) != 1
    admin = Role.ADMIN in colleague.roles.values()
    return {
        "/": "/clinics" if several else "/m/",
        "/support": "403" if colleague.roles else "404",
        "/start": "/m/" if admin else "403" if colleague.roles else "404",
        "/clinics": "200",
        "/invitations": "200",
    }
