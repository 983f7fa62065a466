"""Questions about events."""

from typing import Any, Self

from django.db.models import Count, F, Q

from demandas.querysets.visibles import DelMunicipioQuerySet
from territorio.models import UnidadTerritorial


class EventoQuerySet(DelMunicipioQuerySet):
    PUBLICO = Q(publicado=True)
    PALABRAS = ("nombre", "unidad__nombre", "lugar")

    def de_unidad(self, unidad: int) -> Self:
        """Meetings of a unit and of those that stand below it or lie in it, for the most part, by stored localisation."""
        dentro = UnidadTerritorial.objects.filter(
            localizaciones__unidad=unidad,
            localizaciones__fraccion__gte=0.5,
            nivel__orden__gt=F("localizaciones__unidad__nivel__orden"),
        )
        debajo = UnidadTerritorial.objects.filter(Q(padre=unidad) | Q(padre__padre=unidad))
        return self.filter(
            Q(unidad=unidad)
            | Q(unidad__in=dentro.order_by().values("pk"))
            | Q(unidad__in=debajo.order_by().values("pk"))
        )

    def por_tipo(self) -> list[dict[str, Any]]:
        """Of each type that there is: how many were held, and how many are announced."""
        from demandas.models import TipoDeEvento

        cuentas = {
            fila["tipo"]: fila
            for fila in self.order_by()
            .values("tipo")
            .annotate(
                realizados=Count("pk", filter=Q(estado="realizado")),
                programados=Count("pk", filter=Q(estado="programado")),
            )
        }
        return [cuentas[tipo] | {"nombre": nombre} for tipo, nombre in TipoDeEvento.choices if tipo in cuentas]
