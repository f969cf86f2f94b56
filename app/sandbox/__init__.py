"""Development and test only: a stand-in for Caspen itself, so that the whole move can be tried on one machine."""
