"""The processes that do the work: a small supervisor that never touches an export, and one child that does."""
