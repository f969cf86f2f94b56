"""Every provider on the test network: what real ones answer, as far as it is documented or was observed."""
