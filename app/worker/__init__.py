"""The worker: its loop, leases, the stages of a migration, takeover of abandoned work, clean-up and progress."""
