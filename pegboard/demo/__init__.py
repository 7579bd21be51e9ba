"""A story on a local chain that shows what the tokens do, and checks every line of it."""
