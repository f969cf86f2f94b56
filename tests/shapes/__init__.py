"""One small export of every kind that moves, written in every shape that a clinic may hand over."""
