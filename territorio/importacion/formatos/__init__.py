"""One module per file format; each gives a `Contenido` whose geometries GEOS has not seen yet."""
