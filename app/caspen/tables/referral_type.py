"""How clients heard of the clinic, as the clinic words it."""

from app.caspen.tables.base import Imported


class ReferralType(Imported, table=True):
    """A referral type, found by its name ignoring case."""

    __tablename__ = "referral_types"

    name: str
