"""A clinic leaves its old software and arrives in Caspen by itself, with proof that nothing was lost."""
