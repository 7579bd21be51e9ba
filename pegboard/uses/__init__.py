"""The uses of the tokens: payments, exchange, checkout, trade finance, envelopes."""
