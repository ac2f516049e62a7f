"""Who may use the server: gates that each request has to pass before any endpoint sees it."""
