"""The costs of a layer: work, bytes, and what training keeps."""
