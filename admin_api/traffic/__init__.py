"""From what nodes counted to what a person asks: times, sums, quantiles, CSV, and requests as they happen."""
