"""Questions about the planning process."""

from typing import Self

from django.db.models import Case, Q, When

from demandas.querysets.visibles import DelMunicipioQuerySet


class ProcesoQuerySet(DelMunicipioQuerySet):
    PUBLICO = Q(publicado=True)

    def en_curso_primero(self) -> Self:
        """The one that goes on before those that ended, the newest period first."""
        return self.order_by(Case(When(estado="en_curso", then=0), default=1), "-desde", "-pk")


class DelProcesoQuerySet(DelMunicipioQuerySet):
    """Stages: seen where their process is."""

    CAMINO = "proceso__municipio"
    PUBLICO = Q(proceso__publicado=True)


class PasoQuerySet(DelMunicipioQuerySet):
    CAMINO = "etapa__proceso__municipio"
    PUBLICO = Q(etapa__proceso__publicado=True)


class ProductoQuerySet(PasoQuerySet):
    def faltan(self) -> Self:
        """Neither handed in nor ruled out."""
        return self.filter(estado__in=["pendiente", "en_curso"])


class ActorQuerySet(DelMunicipioQuerySet):
    PUBLICO = Q(pk__isnull=False)  # organisations act in public
    PALABRAS = ("nombre", "sigla", "papel", "funciones")

    def activos(self) -> Self:
        return self.filter(activo=True)


class NormaLegalQuerySet(DelMunicipioQuerySet):
    PUBLICO = Q(pk__isnull=False)

    def de(self, municipio) -> Self:
        """Those of the country and those of `municipio`."""
        return self.filter(Q(municipio=None) | Q(municipio=municipio))

    def citables(self, municipio) -> Self:
        """What a document of `municipio` cites: what is in force, the country's first."""
        return self.de(municipio).filter(vigente=True)
