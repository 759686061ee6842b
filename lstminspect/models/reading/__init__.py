"""From what people have to a graph: code, JSON, live models."""
