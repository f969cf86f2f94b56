"""A row of a file as text, before anybody knows what it means."""

# The line it begins on, its cells in the file's order, and what reading had to say of it.
Raw = tuple[int, list[str], tuple[str, ...]]
