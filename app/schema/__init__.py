"""The schemas of both databases: one tree of revisions each, applied when the product starts."""
