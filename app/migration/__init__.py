"""What we know of one clinic's move: its state, its export, its plan, what was done, and every mail it caused."""
