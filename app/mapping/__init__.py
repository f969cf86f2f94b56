"""Describes the kinds of a source and maps their rows to records, for every source. Contains no content of a clinic."""
