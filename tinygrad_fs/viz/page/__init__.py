"""The page: a drawing to walk through, in one file. What the browser runs stands here too, in files of its own."""
