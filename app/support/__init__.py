"""Caspen's support staff: every migration on one page, and what they may do about one, always with a reason."""
