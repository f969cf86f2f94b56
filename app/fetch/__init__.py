"""Brings a clinic's export into encrypted storage: by share link, or by upload."""
