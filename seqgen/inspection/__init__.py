"""What a trained model remembers, what it looks at, and what its units do: numbers, never pictures."""
