"""The export of a clinic that leaves Tidewater: twelve rows, one of which names a client that the export lacks."""

import io
import zipfile

FILES: dict[str, str | bytes] = {
    "Tidewater/Harbours.csv": "Harbour Ref,Signboard\nh1,North Quay\n",
    "Tidewater/Deckhands.csv": "Deckhand Ref,Spoken Name\nd1,Ida Noor\n",
    "Tidewater/Offerings.csv": "Offering Ref,Wording,Minutes Long\no1,Long session,45\n",
    "Tidewater/Extra questions.csv": "Question Ref,Asked As\nq1,Favourite sea\n",
    "Tidewater/Souls.csv": "Passenger Ref,Given,Family,Birthday\ns1,Ann,Lee,1980-02-13\ns2,Ben,Low,1981-03-14\n",
    "Tidewater/Sailings.csv": (
        "Sailing Ref,Aboard,At Helm,From Harbour,As Offered,Leaves At,Back At\n"
        "v1,s1,d1,h1,o1,2026-01-05T09:00:00Z,2026-01-05T09:45:00Z\n"
        "v2,s2,d1,h1,o1,2026-01-06T09:00:00Z,2026-01-06T09:45:00Z\n"
        "v3,s9,d1,h1,o1,2026-01-07T09:00:00Z,2026-01-07T09:45:00Z\n"
    ),
    "Tidewater/Logbooks.csv": "Logbook Ref,Written Of,Headline,Entry,Noted At\nn1,s1,First,Calm,2026-01-05T10:00:00Z\n",
    "Tidewater/Logs/s2 - Low, Ben/2026-01-06 Second [n2].html": "<h1>Second</h1><p>Windy</p>",
    "Tidewater/Drawers/s1 - Lee, Ann/letter.pdf": b"%PDF-1.4 a letter",
}


def zipped() -> bytes:
    """The export as the one zip that a clinic uploads."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in FILES.items():
            archive.writestr(name, text)
    return content.getvalue()
