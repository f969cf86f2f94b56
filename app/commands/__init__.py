"""The commands of the command line, one module each. They run the same engine as the pages."""
