"""Reading and writing: elements by index or mask, and changes in place."""
