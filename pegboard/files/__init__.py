"""Files of rows and of banks, and what becomes of them."""
