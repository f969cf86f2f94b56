"""The person behind a request: their name, their role, and the workspaces they belong to."""

from dataclasses import dataclass

from app.access.rights import HOLDERS, STAFF_ROLES, Right, Role

LABELS = {
    Role.VIEWER: "May look",
    Role.REVIEWER: "Reviewer",
    Role.ADMIN: "Clinic admin",
    Role.SUPPORT: "Support",
    Role.SUPPORT_LEAD: "Support lead",
}

MAY = {
    Role.VIEWER: "look at numbers and states, but at no client's record",
    Role.REVIEWER: "look at numbers, states and clients' records",
    Role.ADMIN: "do everything for the clinic, approving included",
}
"""What each role of a clinic lets a person do, as the end of "may ..."."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Someone signed in. `roles` are by workspace; staff hold theirs for `*`, which is every workspace.

    A role of staff is the only one that counts: no role in a clinic adds to it, lowers it or hides it.
    """

    id: str
    name: str
    email: str
    roles: tuple[tuple[str, Role], ...]

    def role_in(self, workspace_id: str | None) -> Role | None:
        """The role in a workspace, or None. Staff hold their own role in every workspace."""
        held = dict(self.roles)
        return held.get("*") or (held.get(workspace_id) if workspace_id is not None else None)

    def may(self, right: Right, workspace_id: str | None) -> bool:
        """Whether this person holds a right in a workspace; a right that nobody holds is refused."""
        role = self.role_in(workspace_id)
        return role is not None and role in HOLDERS.get(right, frozenset())

    @property
    def is_support(self) -> bool:
        return self.role_in(None) in STAFF_ROLES

    @property
    def workspace_ids(self) -> tuple[str, ...]:
        """The workspaces of the clinics this person belongs to; none for staff."""
        return () if self.is_support else tuple(workspace for workspace, _ in self.roles)

    def label_in(self, workspace_id: str | None) -> str:
        """What this person is in a workspace, in words; without a workspace, only where there is no choice."""
        only = self.workspace_ids[0] if len(self.workspace_ids) == 1 else None
        role = self.role_in(workspace_id or only)
        return LABELS[role] if role is not None else ""
