"""A system that no clinic has: its words, columns and folders are its own, so that nothing outside may know any."""
