"""What the command line does, one file per command. It runs the very engine that the pages run."""
