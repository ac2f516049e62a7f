"""`seqgen export`: a model in the format of another program."""
