"""Files that abort, loop or eat memory: in every place where bytes from outside are parsed, on web and worker."""
