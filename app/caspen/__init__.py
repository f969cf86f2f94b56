"""The destination: a clinic's workspace in Caspen, its tables, and the steps that write records into them."""
