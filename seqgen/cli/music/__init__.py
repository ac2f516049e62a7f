"""`seqgen music`."""
