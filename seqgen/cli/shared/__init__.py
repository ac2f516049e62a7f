"""What the commands share: options, errors, streams, signals, tables, pictures."""
