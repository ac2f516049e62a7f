"""From a user's request to a whole configuration: rules, measurements of this machine, and candidates compared."""
