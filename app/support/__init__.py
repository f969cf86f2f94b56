"""Pages for Caspen's support staff: the list of migrations, and acts that need a reason."""
