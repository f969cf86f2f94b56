"""What a clinic sees of a record: Caspen's fields, next to its row of the export."""
