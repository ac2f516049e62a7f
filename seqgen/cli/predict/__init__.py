"""`seqgen predict`."""
