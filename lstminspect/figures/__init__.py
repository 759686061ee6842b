"""Pictures as SVG: the data flow of a cell, a layer unrolled in time, weights to scale."""
