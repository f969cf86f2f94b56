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


@dataclass(frozen=True, slots=True)
class Viewer:
    """Someone signed in. `roles` are by workspace; staff hold theirs for `*`, which is every workspace."""

    id: str
    name: str
    email: str
    roles: tuple[tuple[str, Role], ...]

    def role_in(self, workspace_id: str | None) -> Role | None:
        held = dict(self.roles)
        if workspace_id is not None and workspace_id in held:
            return held[workspace_id]
        return held.get("*")

    def may(self, right: Right, workspace_id: str | None) -> bool:
        """Whether this person holds a right in a workspace; a right that nobody holds is refused."""
        role = self.role_in(workspace_id)
        return role is not None and role in HOLDERS.get(right, frozenset())

    @property
    def is_support(self) -> bool:
        return self.role_in(None) in STAFF_ROLES

    @property
    def workspace_ids(self) -> tuple[str, ...]:
        return tuple(workspace for workspace, _ in self.roles if workspace != "*")

    @property
    def role_label(self) -> str:
        first = self.roles[0][1] if self.roles else Role.VIEWER
        return LABELS[first]
