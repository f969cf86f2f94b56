"""Cliniko, as its exports tell of it: one small file for each kind of thing."""
