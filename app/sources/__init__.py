"""The systems that clinics move from, one folder each."""
