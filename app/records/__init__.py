"""What a clinic sees of a record: as Caspen shows it, with its row of the export beside it."""
