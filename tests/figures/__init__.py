"""Measures the product's promises that have a number: `python -m tests.figures [--area main] [--long]`."""
