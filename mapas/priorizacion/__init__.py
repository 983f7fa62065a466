"""The workbench and its runs as pages, maps and documents show them."""
