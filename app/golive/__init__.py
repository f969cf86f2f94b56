"""Going live: an approved trial becomes the live workspace, is verified there, and can be undone."""
