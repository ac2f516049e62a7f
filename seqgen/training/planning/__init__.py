"""From what the user asked for to a whole configuration: rules, measurements of the machine, candidates compared."""
