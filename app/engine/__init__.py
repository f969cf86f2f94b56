"""The work: an export is fetched, read, tried, proven, and becomes the clinic's live workspace."""
