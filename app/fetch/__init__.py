"""The files of a clinic come into encrypted storage: by a link, or by an upload."""
