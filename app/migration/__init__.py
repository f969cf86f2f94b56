"""One clinic's migration: its states, its plan, its exports and trials, and its audit trail."""
