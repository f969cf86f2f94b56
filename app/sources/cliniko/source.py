"""Cliniko: every kind of thing that its exports hold, in the order of loading."""

from app.mapping.kind import Source
from app.sources.cliniko import patients

CLINIKO = Source(
    name="cliniko",
    label="Cliniko",
    kinds=(patients.KIND,),
)
