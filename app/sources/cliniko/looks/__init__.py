"""Where the cells of each kind of an export are looked for a second time."""
