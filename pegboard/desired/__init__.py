"""What the files declare, what the chain says, and the way from one to the other."""
