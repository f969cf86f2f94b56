"""The destination: a clinic's workspace in Caspen, its objects, and how records get into it."""
