"""What no single field can tell: names that refer to each other, routes that nothing reaches.

These checks look at nodes, not at models, so that they also speak when a file has other faults.
"""
