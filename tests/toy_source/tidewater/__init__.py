"""Tidewater: a second source system, whole in one folder."""
