"""HTTP: routes, authentication, problem details. It parses, calls a use case, and answers; it decides nothing."""
