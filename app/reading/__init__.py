"""Reading an export: open its files under limits, recognise each one, check it, write parts and index entries."""
