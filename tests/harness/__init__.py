"""What tests are made with: builders, fakes, servers, waits and the runner. Nothing here is a test of the product."""
