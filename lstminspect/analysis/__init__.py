"""Questions about a layer: the whole report, what fits, which sizes, sweeps, algebra."""
