"""The folders of a Cliniko export, and the words of its headers."""

from app.mapping.layout import Layout

SAME_WORDS = {"client": "patient", "worker": "patient", "participant": "patient"}
"""A clinic chooses one of these words in Cliniko's settings, and the export's headers follow the choice."""

SYNONYMS = {
    word: ours
    for ours, words in {
        "id": "no nr num number ref reference code key identifier uid",
        "patient": "client customer participant worker person",
        "practitioner": "provider clinician therapist doctor",
        "business": "location site clinic branch",
        "birth": "dob born birthdate birthday",
        "last": "surname family",
        "first": "given forename",
        "mobile": "cell",
        "phone": "ph tel telephone",
        "email": "mail",
        "city": "suburb town",
        "postcode": "zip postal",
        "note": "comment remark memo",
        "issue": "opened issued",
        "expiry": "expires closes closed ends ended until",
        "create": "created added entered",
        "update": "updated modified changed edited",
        "cancel": "cancelled canceled cancellation",
        "begin": "start starts begin begins",
        "end": "ends finish finishes",
        "appointment": "booking visit session",
        "max": "maximum allowed limit ok",
        "name": "title label",
    }.items()
    for word in words.split()
}
"""Words of other systems, by the word of Cliniko's headers."""

LAYOUT = Layout(
    files=frozenset({"patientfiles", "patientattachments", "attachments"}),
    notes=frozenset({"treatmentnotes"}),
    forms=frozenset({"patientforms"}),
    templates=frozenset({"treatmentnotetemplates", "patientformtemplates"}),
    same_words=SAME_WORDS,
    same_words_of_lists={"customer": "patient"},
    synonyms=SYNONYMS,
)
