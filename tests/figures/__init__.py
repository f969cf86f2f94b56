"""What the product promises as a number, taken and written down: `python -m tests.figures [--area main] [--long]`."""
