"""Documents and photos: what they are by their content, their copy for the public, where they lie, what they hang on."""
