"""What the commands share: options, exits, tables, pictures, signals."""
