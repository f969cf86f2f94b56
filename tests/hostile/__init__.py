"""Files that abort, loop or exhaust memory, at every place that parses bytes from outside, on web and worker."""
