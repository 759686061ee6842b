"""One topic a file: what a word means, with the numbers of a layer."""
