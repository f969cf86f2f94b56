"""Who may open which page: one line for every address of the product. An address without a line is closed to
everyone."""

from enum import StrEnum


class Role(StrEnum):
    """`viewer` sees counts, `reviewer` also clients' records, `admin` acts and approves; support is Caspen's staff."""

    VIEWER = "viewer"
    REVIEWER = "reviewer"
    ADMIN = "admin"
    SUPPORT = "support"
    SUPPORT_LEAD = "support_lead"


class Right(StrEnum):
    ANYONE = "anyone"
    SIGNED_IN = "signed in"
    START = "start a migration"
    VIEW = "look at a migration"
    REVIEW = "see clients' records"
    ACT = "act for the clinic"
    STAFF = "support"
    DEVELOPMENT = "development and test only"


CLINIC_ROLES = frozenset({Role.VIEWER, Role.REVIEWER, Role.ADMIN})
STAFF_ROLES = frozenset({Role.SUPPORT, Role.SUPPORT_LEAD})

HOLDERS: dict[Right, frozenset[Role]] = {
    Right.START: frozenset({Role.ADMIN}),
    Right.VIEW: CLINIC_ROLES | STAFF_ROLES,
    Right.REVIEW: frozenset({Role.REVIEWER, Role.ADMIN}),
    Right.ACT: frozenset({Role.ADMIN}),
    Right.STAFF: STAFF_ROLES,
}

RIGHTS: dict[tuple[str, str], Right] = {
    ("GET", "/"): Right.ANYONE,
    ("GET", "/healthz"): Right.ANYONE,
    ("GET", "/readyz"): Right.ANYONE,
    ("GET", "/metrics"): Right.DEVELOPMENT,
    ("GET", "/signin"): Right.ANYONE,
    ("POST", "/signin"): Right.ANYONE,
    ("GET", "/signin/{token}"): Right.ANYONE,
    ("POST", "/signin/{token}"): Right.ANYONE,
    ("GET", "/signout"): Right.ANYONE,
    ("POST", "/signout"): Right.ANYONE,
    ("GET", "/clinics"): Right.SIGNED_IN,
    ("GET", "/invitations"): Right.SIGNED_IN,
    ("POST", "/invitations/{invitation_id}/accept"): Right.SIGNED_IN,
    ("POST", "/invitations/{invitation_id}/decline"): Right.SIGNED_IN,
    ("GET", "/outbox"): Right.DEVELOPMENT,
    ("GET", "/outbox/{mail_id}"): Right.DEVELOPMENT,
    ("GET", "/sandbox"): Right.DEVELOPMENT,
    ("POST", "/sandbox/clinic"): Right.DEVELOPMENT,
    ("GET", "/sandbox/{workspace_id}"): Right.DEVELOPMENT,
    ("POST", "/sandbox/{workspace_id}/locations"): Right.DEVELOPMENT,
    ("POST", "/sandbox/{workspace_id}/people"): Right.DEVELOPMENT,
    ("POST", "/sandbox/{workspace_id}/people/{user_id}/accept"): Right.DEVELOPMENT,
    ("POST", "/sandbox/{workspace_id}/services"): Right.DEVELOPMENT,
    ("POST", "/sandbox/{workspace_id}/close"): Right.DEVELOPMENT,
    ("GET", "/sandbox/{workspace_id}/clients"): Right.DEVELOPMENT,
    ("POST", "/sandbox/{workspace_id}/clients"): Right.DEVELOPMENT,
    ("GET", "/sandbox/{workspace_id}/clients/{client_id}"): Right.DEVELOPMENT,
    ("GET", "/sandbox/{workspace_id}/clients/{client_id}/{section}"): Right.DEVELOPMENT,
    ("GET", "/sandbox/{workspace_id}/clients/{client_id}/files/{file_id}"): Right.DEVELOPMENT,
    ("GET", "/start"): Right.START,
    ("POST", "/start"): Right.START,
    ("GET", "/m/{migration_id}"): Right.VIEW,
    ("GET", "/m/{migration_id}/overview"): Right.VIEW,
    ("POST", "/m/{migration_id}/overview"): Right.ACT,
    ("GET", "/m/{migration_id}/checklist"): Right.VIEW,
    ("POST", "/m/{migration_id}/checklist/services"): Right.ACT,
    ("POST", "/m/{migration_id}/checklist/dates"): Right.ACT,
    ("GET", "/m/{migration_id}/uses"): Right.VIEW,
    ("POST", "/m/{migration_id}/uses"): Right.ACT,
    ("GET", "/m/{migration_id}/uses/counts"): Right.VIEW,
    ("POST", "/m/{migration_id}/uses/counts"): Right.ACT,
    ("GET", "/m/{migration_id}/export"): Right.VIEW,
    ("POST", "/m/{migration_id}/export"): Right.ACT,
    ("GET", "/m/{migration_id}/handover"): Right.VIEW,
    ("POST", "/m/{migration_id}/handover/upload"): Right.ACT,
    ("POST", "/m/{migration_id}/handover/sample"): Right.DEVELOPMENT,
    ("POST", "/m/{migration_id}/handover/replace"): Right.ACT,
    ("POST", "/m/{migration_id}/handover/found"): Right.ACT,
    ("POST", "/m/{migration_id}/upload/begin"): Right.ACT,
    ("POST", "/m/{migration_id}/upload/finish"): Right.ACT,
    ("POST", "/m/{migration_id}/upload/stop"): Right.ACT,
    ("GET", "/m/{migration_id}/upload/{upload_id}"): Right.ACT,
    ("POST", "/m/{migration_id}/upload/{upload_id}/piece"): Right.ACT,
    ("GET", "/m/{migration_id}/link"): Right.VIEW,
    ("POST", "/m/{migration_id}/link"): Right.ACT,
    ("POST", "/m/{migration_id}/link/again"): Right.ACT,
    ("POST", "/m/{migration_id}/link/confirm"): Right.ACT,
    ("POST", "/m/{migration_id}/link/forget"): Right.ACT,
    ("GET", "/m/{migration_id}/files"): Right.VIEW,
    ("POST", "/m/{migration_id}/files"): Right.ACT,
    ("GET", "/m/{migration_id}/files/description.txt"): Right.VIEW,
    ("GET", "/m/{migration_id}/files/kinds/{kind}"): Right.VIEW,
    ("GET", "/m/{migration_id}/files/password"): Right.VIEW,
    ("POST", "/m/{migration_id}/files/password"): Right.ACT,
    ("GET", "/m/{migration_id}/files/{number}"): Right.REVIEW,
    ("POST", "/m/{migration_id}/files/{number}"): Right.ACT,
    ("GET", "/m/{migration_id}/matches"): Right.VIEW,
    ("POST", "/m/{migration_id}/matches"): Right.ACT,
    ("GET", "/m/{migration_id}/progress"): Right.VIEW,
    ("GET", "/m/{migration_id}/progress/events"): Right.VIEW,
    ("POST", "/m/{migration_id}/progress/retry"): Right.ACT,
    ("POST", "/m/{migration_id}/progress/back-to-review"): Right.ACT,
    ("POST", "/m/{migration_id}/progress/pause"): Right.ACT,
    ("POST", "/m/{migration_id}/progress/resume"): Right.ACT,
    ("POST", "/m/{migration_id}/progress/cancel"): Right.ACT,
    ("GET", "/m/{migration_id}/review"): Right.VIEW,
    ("POST", "/m/{migration_id}/review/change-plan"): Right.ACT,
    ("POST", "/m/{migration_id}/review/start-again"): Right.ACT,
    ("POST", "/m/{migration_id}/review/requests"): Right.ACT,
    ("POST", "/m/{migration_id}/review/requests/{request_id}/withdraw"): Right.ACT,
    ("GET", "/m/{migration_id}/review/table.csv"): Right.VIEW,
    ("GET", "/m/{migration_id}/problems"): Right.VIEW,
    ("GET", "/m/{migration_id}/problems/rows.csv"): Right.VIEW,
    ("GET", "/m/{migration_id}/problems/{code}"): Right.VIEW,
    ("GET", "/m/{migration_id}/clients"): Right.REVIEW,
    ("POST", "/m/{migration_id}/clients"): Right.REVIEW,
    ("GET", "/m/{migration_id}/clients/{client_id}"): Right.REVIEW,
    ("GET", "/m/{migration_id}/clients/{client_id}/{section}"): Right.REVIEW,
    ("GET", "/m/{migration_id}/clients/{client_id}/files/{file_id}"): Right.REVIEW,
    ("GET", "/m/{migration_id}/records/{kind}"): Right.REVIEW,
    ("POST", "/m/{migration_id}/records/{kind}"): Right.REVIEW,
    ("GET", "/m/{migration_id}/records/{kind}/{record_id}"): Right.REVIEW,
    ("GET", "/m/{migration_id}/rows/{file_number}/{line}"): Right.REVIEW,
    ("GET", "/m/{migration_id}/visits"): Right.REVIEW,
    ("GET", "/m/{migration_id}/balances"): Right.REVIEW,
    ("GET", "/m/{migration_id}/balances/table.csv"): Right.REVIEW,
    ("GET", "/m/{migration_id}/approve"): Right.VIEW,
    ("POST", "/m/{migration_id}/approve"): Right.ACT,
    ("GET", "/m/{migration_id}/report"): Right.VIEW,
    ("POST", "/m/{migration_id}/report/link"): Right.ACT,
    ("POST", "/m/{migration_id}/report/undo"): Right.ACT,
    ("POST", "/m/{migration_id}/report/delete"): Right.ACT,
    ("GET", "/m/{migration_id}/people"): Right.VIEW,
    ("POST", "/m/{migration_id}/people"): Right.ACT,
    ("POST", "/m/{migration_id}/people/invitations/{invitation_id}/withdraw"): Right.ACT,
    ("GET", "/m/{migration_id}/people/{person_id}"): Right.ACT,
    ("POST", "/m/{migration_id}/people/{person_id}"): Right.ACT,
    ("POST", "/m/{migration_id}/people/{person_id}/remove"): Right.ACT,
    ("GET", "/m/{migration_id}/help"): Right.VIEW,
    ("POST", "/m/{migration_id}/help"): Right.VIEW,
    ("GET", "/support"): Right.STAFF,
    ("GET", "/support/{migration_id}"): Right.STAFF,
    ("POST", "/support/{migration_id}/retry"): Right.STAFF,
    ("POST", "/support/{migration_id}/pause"): Right.STAFF,
    ("POST", "/support/{migration_id}/resume"): Right.STAFF,
    ("POST", "/support/{migration_id}/back-to-review"): Right.STAFF,
    ("POST", "/support/{migration_id}/cancel"): Right.STAFF,
    ("POST", "/support/{migration_id}/undo"): Right.STAFF,
    ("POST", "/support/{migration_id}/waive"): Right.STAFF,
    ("POST", "/support/{migration_id}/answer"): Right.STAFF,
    ("POST", "/support/{migration_id}/help"): Right.STAFF,
    ("GET", "/support/{migration_id}/files/{number}"): Right.STAFF,
    ("POST", "/support/{migration_id}/files/{number}"): Right.STAFF,
}
