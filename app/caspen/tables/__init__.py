"""Every object of a workspace, one file each."""
