"""Messages of the frameworks, a table of kinds in each file."""
