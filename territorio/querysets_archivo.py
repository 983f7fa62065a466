"""Questions about documents and photos."""

from django.contrib.gis.db import models
from django.contrib.gis.db.models.functions import Distance
from django.contrib.gis.geos import GEOSGeometry
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Cast

from territorio.querysets import municipios_sin_limite_de


class ArchivoQuerySet(models.QuerySet):
    def visibles_para(self, usuario) -> "ArchivoQuerySet":
        """What is published on something that is published itself, and what hangs on what the roles of `usuario` reach."""
        from territorio.adjuntos import enlaces

        if usuario.is_authenticated and usuario.is_superuser:
            return self
        publico = Q(publico=True, retirado=None)
        visibles = publico & Q(de="")
        if usuario.is_authenticated:
            visibles |= Q(de="", municipio__in=municipios_sin_limite_de(usuario))
        for enlace in enlaces.todos():
            suyos = enlace.modelo._default_manager.filter(archivo=OuterRef("pk"))
            publicado = Exists(suyos.filter(**{f"{enlace.clase}__{enlace.publicado}": True}))
            visibles |= publico & Q(publicado, de=enlace.clase)
            if usuario.is_authenticated:
                objetos = enlace.objetos._default_manager.all()
                al_alcance = objetos.filter(objetos.del_alcance_de(usuario)).order_by().values("pk")
                visibles |= Q(Exists(suyos.filter(**{f"{enlace.clase}__in": al_alcance})), de=enlace.clase)
        return self.filter(visibles)

    def vigentes(self) -> "ArchivoQuerySet":
        """Files that were not withdrawn."""
        return self.filter(retirado=None)

    def con_metros_a(self, lugar: GEOSGeometry | None) -> "ArchivoQuerySet":
        """Annotate `metros`: geodesic distance from where a photo was taken to `lugar` (EPSG:4326); None without either."""
        if lugar is None:
            return self.annotate(metros=Value(None, models.FloatField()))
        geografia = models.PointField(geography=True, srid=4326)
        return self.annotate(metros=Distance(Cast(F("punto"), geografia), lugar))
