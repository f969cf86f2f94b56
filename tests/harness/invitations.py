"""Colleagues who are invited, accept, and are removed: by the very pages and e-mails, as people do it."""

from urllib.parse import urlsplit

from httpx import Response
from sqlmodel import col, select

from app.access.access_tables import Invitation, Person
from app.notify.mails import Composer
from tests.harness.page_text import done
from tests.harness.product import MEGAN, Product, Visitor


def tick_of(role: str, clinical: str | None) -> str:
    """The tick for clinical notes, as a story sends it: reviewers have it unless the story says otherwise."""
    return ("1" if role == "reviewer" else "") if clinical is None else clinical


def invite(
    product: Product, email: str, role: str = "viewer", *, by: str = MEGAN, clinical: str | None = None
) -> Response:
    """An admin's answer to the form "Invite a colleague"."""
    form = {"email": email, "role": role, "clinical": tick_of(role, clinical)}
    answer: Response = product.visitor(by).post(f"{product.at}/people", data=form)
    return answer


def invitation_to(product: Product, email: str) -> Invitation:
    """The newest invitation to an address."""
    newest = select(Invitation).where(Invitation.email == email).order_by(col(Invitation.invited_at).desc())
    with product.runtime.ledger.read() as session:
        return session.exec(newest).first() or Invitation(id="inv_none")  # type: ignore[call-arg]  # never stored


def sign_in_by_link(product: Product, email: str, browser: Visitor | None = None) -> Visitor:
    """A browser whose owner asked for a link and used it."""
    visitor = browser or product.visitor()
    visitor.post("/signin", data={"email": email, "act": "link"})
    visitor.post(newest_link(product, email))
    return visitor


def newest_link(product: Product, email: str) -> str:
    """The path of the newest sign-in link that was e-mailed to an address."""
    mail = [mail for mail in product.mails("sign_in") if mail.recipient == email][-1]
    return urlsplit(Composer(product.settings).address(mail)).path


def answer_invitation(
    product: Product, visitor: Visitor, email: str, *, act: str = "accept", name: str = ""
) -> Response:
    """The invited person's press of "Accept" or "Decline"."""
    address = f"/invitations/{invitation_to(product, email).id}/{act}"
    answer: Response = visitor.post(address, data={"name": name})
    return answer


def join(product: Product, email: str, role: str = "viewer", *, name: str = "Kim Sato") -> Visitor:
    """Signs in an invited person by a link, and accepts."""
    done(invite(product, email, role))
    visitor = sign_in_by_link(product, email)
    done(answer_invitation(product, visitor, email, name=name))
    return visitor


def person_id(product: Product, email: str) -> str:
    """The id of the person with this address."""
    with product.runtime.ledger.read() as session:
        return session.exec(select(Person.id).where(Person.email == email)).one()


def remove(product: Product, email: str, *, by: str = MEGAN) -> Response:
    """An admin's press of "Remove"."""
    answer: Response = product.visitor(by).post(f"{product.at}/people/{person_id(product, email)}/remove")
    return answer


def change(product: Product, email: str, role: str, *, by: str = MEGAN, clinical: str | None = None) -> Response:
    """An admin's answer to the form "What this person may do"."""
    address = f"{product.at}/people/{person_id(product, email)}"
    answer: Response = product.visitor(by).post(address, data={"role": role, "clinical": tick_of(role, clinical)})
    return answer
