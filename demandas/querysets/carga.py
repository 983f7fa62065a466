"""Questions about files of demands."""

from demandas.querysets.visibles import DelMunicipioQuerySet


class CargaQuerySet(DelMunicipioQuerySet):
    """Only members see them."""
