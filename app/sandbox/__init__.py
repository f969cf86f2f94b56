"""Development and test only: a replacement for Caspen, so that the whole move runs on a single machine."""
