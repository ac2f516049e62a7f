"""`seqgen inspect`: shows what a model remembers, what it looks at, and what its units do."""
