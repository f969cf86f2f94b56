"""What the product claims, as stories that can fail."""
