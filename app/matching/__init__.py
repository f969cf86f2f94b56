"""Matches each name of the export to a location, practitioner or service of the workspace."""
