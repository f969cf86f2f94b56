"""A trial migration is made and proven: rows are mapped, loaded, and held against the export."""
