"""Lessons on words such as `units`, and worksheets."""
