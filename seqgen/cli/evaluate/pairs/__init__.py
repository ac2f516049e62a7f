"""`seqgen eval` and `report` for runs of pairs."""
