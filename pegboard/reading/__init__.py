"""What bytes say, in words, and what they would do."""
