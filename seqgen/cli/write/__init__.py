"""`seqgen write`."""
