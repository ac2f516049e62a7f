"""`seqgen serve`."""
