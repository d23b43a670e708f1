"""What can be audited: layers, functions and networks, each brought to the shape of cases that run again and again."""
