"""`seqgen fill`: the gaps of a text, filled by two models."""
