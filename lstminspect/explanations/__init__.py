"""A count, a shape or an error message, and what is behind it."""
