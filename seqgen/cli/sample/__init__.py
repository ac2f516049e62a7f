"""`seqgen sample`."""
