"""Questions about what communities found, and about the municipality as an institution."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Self

from django.db.models import Count, Q

from demandas.querysets.visibles import DelMunicipioQuerySet
from territorio.conservacion import Conservacion

TIPOS = ("problema", "potencialidad", "limitacion", "aspiracion")


class HallazgoQuerySet(DelMunicipioQuerySet):
    PUBLICO = Q(publicado=True)

    def del_municipio(self, municipio) -> Self:
        return self.filter(municipio=municipio)

    def de_sector(self, codigo: str) -> Self:
        return self.filter(sector__codigo=codigo)

    def de(self, *, grupo: str) -> Self:
        """What one group named."""
        return self.filter(grupo=grupo)

    def en(self, unidad) -> Self:
        """What was found in `unidad` and in the units that lie in it, wholly or in part."""
        return self.filter(unidad__localizaciones__unidad=unidad)

    def del_mismo_orden(self, hallazgo) -> Self:
        """Those that share one order of ranks with `hallazgo`: of its unit, meeting, group and kind."""
        return self.filter(
            unidad=hallazgo.unidad_id, evento=hallazgo.evento_id, grupo=hallazgo.grupo, tipo=hallazgo.tipo
        ).exclude(pk=hallazgo.pk)

    def contados(self, nivel) -> dict[int, dict[str, float]]:
        """By unit of a level: how many of each kind lie in it, by the part of each finding's unit that does.

        Counted by unit first, then shared out: a join of findings with the parts of their units is many times as long.
        """
        por_unidad: dict[int, dict[str, int]] = defaultdict(dict)
        for unidad, tipo, n in self.order_by().values_list("unidad", "tipo").annotate(n=Count("pk")):
            por_unidad[unidad][tipo] = n
        cuentas: dict[int, dict[str, float]] = defaultdict(lambda: dict.fromkeys(TIPOS, 0.0))
        for parte, unidad, fraccion, _en_disputa in _partes(por_unidad, nivel):
            for tipo, n in por_unidad[parte].items():
                cuentas[unidad][tipo] += n * fraccion
        return dict(cuentas)

    def conservacion(self, nivel, municipio) -> Conservacion:
        """The conservation line of these findings at a level of `municipio`: a finding lies where its unit does."""
        from territorio.models import UnidadEnUnidad

        cuantos = dict(self.order_by().values_list("unidad").annotate(n=Count("pk")))
        de_aqui = Q(unidad__municipio=municipio) | Q(unidad=municipio)
        partes = list(_partes(cuantos, nivel, de_aqui))
        con_lugar = set(UnidadEnUnidad.objects.filter(parte__in=cuantos).values_list("parte", flat=True).distinct())
        disputadas = {parte for parte, _unidad, _fraccion, en_disputa in partes if en_disputa}
        return Conservacion.de(
            total=sum(cuantos.values()),
            ubicadas=sum(cuantos[parte] * fraccion for parte, _unidad, fraccion, _en_disputa in partes),
            sin_ubicar=sum(n for unidad, n in cuantos.items() if unidad not in con_lugar),
            en_disputa=sum(cuantos[unidad] for unidad in disputadas),
        )


def _partes(unidades: Iterable[int], nivel, condicion: Q | None = None):
    """(unit, unit of the level in which a part of it lies, which part, whether others claim it)."""
    from territorio.models import UnidadEnUnidad

    partes = UnidadEnUnidad.objects.filter(condicion or Q(), parte__in=list(unidades), nivel=nivel)
    return partes.values_list("parte", "unidad", "fraccion", "en_disputa")


class DatoInstitucionalQuerySet(DelMunicipioQuerySet):
    """Only members see them."""

    def del_municipio(self, municipio) -> Self:
        return self.filter(municipio=municipio)
