"""`seqgen eval`, `report` and `info`."""
