"""How the files of an export become parts and an index: opened under limits, recognised, proven and cut."""
