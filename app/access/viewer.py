"""The person behind a request: name, e-mail address, roles and workspaces."""

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
"""What each role of a clinic allows, as the end of "may ..."."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """A signed-in person. `roles` are by workspace; staff hold their role for `*`, which is every workspace.

    A staff role overrides all roles in clinics.
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
        """Whether this person has a right in a workspace. A right without holders is refused."""
        role = self.role_in(workspace_id)
        return role is not None and role in HOLDERS.get(right, frozenset())

    @property
    def is_support(self) -> bool:
        return self.role_in(None) in STAFF_ROLES

    @property
    def workspace_ids(self) -> tuple[str, ...]:
        """The workspaces of the person's clinics. Empty for staff."""
        return () if self.is_support else tuple(workspace for workspace, _ in self.roles)

    def label_in(self, workspace_id: str | None) -> str:
        """The person's role in a workspace, in words. Without `workspace_id`, the role of a person with a single
        workspace."""
        only = self.workspace_ids[0] if len(self.workspace_ids) == 1 else None
        role = self.role_in(workspace_id or only)
        return LABELS[role] if role is not None else ""
