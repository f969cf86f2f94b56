"""Two people act on each other at the same time: an admin and one link remain, on both databases."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from app.access import invitations, members, sessions
from app.access.access_tables import Invitation, Membership, Person, SignInToken
from app.access.rights import Role
from app.access.sessions import load_viewer
from app.db import Database, now
from app.schema.trees import TREES
from app.schema.upgrade import upgrade_tree

CLINIC = "wsp_race"
ROUNDS = 12
Act = Callable[[Session], object]


@pytest.fixture
def ledger(empty_database: str) -> Iterator[Database]:
    """A ledger with Ada and Bea, the two admins of a clinic, and Cem, who is invited."""
    database = Database(empty_database)
    upgrade_tree(next(tree for tree in TREES if tree.name == "ledger"), database.engine)
    with database.write() as session:
        session.add_all(
            [Person(id=name, email=f"{name}@x.example", name=name.title()) for name in ("ada", "bea", "cem")]
        )
    yield database
    database.dispose()


def two_admins(ledger: Database) -> None:
    with ledger.write() as session:
        for row in (*session.exec(select(Membership)).all(), *session.exec(select(Invitation)).all()):
            session.delete(row)
        session.flush()
        session.add_all([Membership(person_id=each, workspace_id=CLINIC, role="admin") for each in ("ada", "bea")])


def at_once(ledger: Database, *acts: Act) -> list[BaseException | None]:
    """Runs each act in its own transaction, all begun together. Returns what each act raised."""
    gate, raised = threading.Barrier(len(acts)), list[BaseException | None]([None] * len(acts))

    def run(place: int, act: Act) -> None:
        gate.wait()
        try:
            with ledger.write() as session:
                act(session)
        except Exception as fault:
            raised[place] = fault

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def admins(ledger: Database) -> set[str]:
    with ledger.read() as session:
        return set(members.admin_ids(session, CLINIC))


def removing(person: str, by: str) -> Act:
    return lambda session: members.remove(session, CLINIC, person, by=by)


def lowering(person: str, by: str) -> Act:
    return lambda session: members.change_role(session, CLINIC, person, Role.VIEWER, clinical=None, by=by)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (removing("bea", "ada"), removing("ada", "bea")),
        (removing("ada", "ada"), removing("bea", "bea")),
        (lowering("bea", "ada"), lowering("ada", "bea")),
        (lowering("ada", "ada"), removing("bea", "bea")),
        (removing("bea", "ada"), lowering("ada", "bea")),
    ],
)
def test_two_admins_who_remove_each_other_leave_one_admin(ledger: Database, first: Act, second: Act) -> None:
    for _ in range(ROUNDS):
        two_admins(ledger)
        raised = at_once(ledger, first, second)
        assert sorted(fault is None for fault in raised) == [False, True]
        assert isinstance(next(fault for fault in raised if fault), members.NotAdmin | members.LastAdmin)
        assert len(admins(ledger)) == 1


def offered(ledger: Database) -> str:
    with ledger.write() as session:
        invitation = invitations.invite(session, CLINIC, "mig", "cem@x.example", Role.VIEWER, clinical=False, by="ada")
        return invitation.id


def accepting(ledger: Database, invitation_id: str) -> Act:
    with ledger.read() as session:
        viewer = load_viewer(session, "cem")
    assert viewer is not None
    return lambda session: invitations.accept(session, invitation_id, viewer, "Cem")


def test_an_invitation_is_accepted_or_withdrawn_and_never_both(ledger: Database) -> None:
    for number in range(ROUNDS):
        two_admins(ledger)
        offer = offered(ledger)

        def withdrawing(session: Session, offer: str = offer) -> None:
            invitations.withdraw(session, CLINIC, offer, by="bea")

        order = [accepting(ledger, offer), withdrawing]
        at_once(ledger, *(order if number % 2 else reversed(order)))
        with ledger.read() as session:
            invitation = session.get_one(Invitation, offer)
            is_member = session.get(Membership, ("cem", CLINIC)) is not None
        assert (invitation.accepted_at is None) != (invitation.withdrawn_at is None)
        assert is_member == (invitation.accepted_at is not None)


def test_an_invitation_by_an_admin_who_is_removed_is_accepted_before_or_never(ledger: Database) -> None:
    for _ in range(ROUNDS):
        two_admins(ledger)
        offer = offered(ledger)
        at_once(ledger, accepting(ledger, offer), removing("ada", "bea"))
        with ledger.read() as session:
            invitation = session.get_one(Invitation, offer)
            is_member = session.get(Membership, ("cem", CLINIC)) is not None
        assert is_member == (invitation.accepted_at is not None)
        assert (invitation.accepted_at is None) == (invitation.withdrawn_at is not None)


def test_an_invitation_that_is_accepted_twice_at_once_makes_one_member(ledger: Database) -> None:
    for _ in range(ROUNDS):
        two_admins(ledger)
        offer = offered(ledger)
        assert at_once(ledger, *[accepting(ledger, offer)] * 4) == [None] * 4
        with ledger.read() as session:
            assert len(session.exec(select(Membership).where(Membership.person_id == "cem")).all()) == 1


def test_the_limit_of_a_day_holds_for_invitations_at_once(ledger: Database) -> None:
    two_admins(ledger)

    def inviting(number: int) -> Act:
        return lambda session: invitations.invite(
            session, CLINIC, "mig", f"k{number}@x.example", Role.VIEWER, clinical=False, by=("ada", "bea")[number % 2]
        )

    raised = at_once(ledger, *(inviting(number) for number in range(invitations.MOST_A_DAY + 6)))
    assert [type(fault) for fault in raised if fault] == [invitations.TooMany] * 6


def test_links_asked_for_at_once_leave_one_that_works(ledger: Database) -> None:
    def asking(session: Session) -> None:
        sessions.make_link_token(session, session.get_one(Person, "ada"), "/")

    for _ in range(ROUNDS):
        assert at_once(ledger, *[asking] * 4) == [None] * 4
        assert working_links(ledger) == 1


def test_a_link_that_is_used_while_another_is_asked_for_leaves_no_older_one(ledger: Database) -> None:
    for _ in range(ROUNDS):
        with ledger.write() as session:
            token = sessions.make_link_token(session, session.get_one(Person, "ada"), "/")

        def using(session: Session, token: str = token) -> None:
            sessions.use_token(session, token)

        def asking(session: Session) -> None:
            sessions.make_link_token(session, session.get_one(Person, "ada"), "/")

        assert at_once(ledger, using, asking, using) == [None] * 3
        with ledger.read() as session:
            link = session.get_one(SignInToken, sessions.hashed(token))
        assert link.used_at is not None or link.ended_at is not None
        assert working_links(ledger) <= 1


def test_a_link_signs_in_once_however_often_it_is_pressed_at_once(ledger: Database) -> None:
    with ledger.write() as session:
        token = sessions.make_link_token(session, session.get_one(Person, "ada"), "/")
    signed_in: list[tuple[str, str] | None] = []
    at_once(ledger, *[lambda session: signed_in.append(sessions.use_token(session, token))] * 6)
    assert [used for used in signed_in if used] == [("ada", "/")]


def working_links(ledger: Database) -> int:
    with ledger.read() as session:
        links = sessions.links_since(session, "ada", now() - timedelta(hours=1))
    return sum(sessions.is_working(link) for link in links)
