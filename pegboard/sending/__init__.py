"""A transaction's way onto the chain: written down, signed once, followed until it is final."""
