"""How a kind of row is described, whatever the clinic comes from. It knows no content."""
