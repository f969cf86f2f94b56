"""What a worker does: the loop, leases, the stages of a move, takeover of abandoned work, clean-up, progress."""
