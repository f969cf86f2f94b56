"""The processes that do the work: a small supervisor that never opens an export, and one child that does."""
