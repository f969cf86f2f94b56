"""Cliniko: one module for each kind of record in its exports."""
