"""What a layer costs: work, bytes, and what training keeps."""
