"""Which location, practitioner and service of the workspace each name of the export stands for."""
