"""The smallest example that shows a finding, and the script that it is written down as."""
