"""The product as a clinic meets it: real processes, a real browser, and nothing stands in for anything."""
