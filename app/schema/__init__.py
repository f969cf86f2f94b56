"""How both databases came to look as they do: one tree of revisions each, applied when the product starts."""
