"""Tests of the whole product with real processes and a real browser; nothing is replaced by a fake."""
