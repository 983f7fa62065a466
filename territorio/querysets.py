"""Questions about territory. An upper app adds its own with `pregunta`, so `Comunidad.objects.embudo(...)` reads as one."""

from collections.abc import Callable
from datetime import date

from django.contrib.gis.db import models
from django.contrib.gis.geos import Point
from django.db.models import Count, Exists, F, FilteredRelation, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Cast, Coalesce, Round

from territorio.fechas import hoy


class UnidadQuerySet(models.QuerySet):
    def del_nivel(self, codigo: str) -> "UnidadQuerySet":
        return self.filter(nivel__codigo=codigo)

    def del_municipio(self, municipio) -> "UnidadQuerySet":
        """Units that belong to `municipio`, and itself."""
        return self.filter(Q(municipio=municipio) | Q(pk=municipio.pk))

    def vigentes(self, en: date | None = None) -> "UnidadQuerySet":
        """Units that exist on a day: neither divided, merged nor abolished before, nor created after it."""
        return self.filter(vigencia__contains=en or hoy())

    def base(self) -> "UnidadQuerySet":
        """Units that are served or not: communities, OTBs, unidades vecinales that exist."""
        return self.filter(nivel__es_base=True).vigentes()

    def en(self, unidad) -> "UnidadQuerySet":
        """Units that lie in `unidad`, wholly or in part, by stored localisation."""
        return self.filter(localizaciones__unidad=unidad)

    def que_cubren(self, punto: Point, en: date | None = None) -> "UnidadQuerySet":
        """Units of any level whose limit covers `punto` (EPSG:4326) on a day."""
        return self.filter(limites__in=_limites().en_vigor(en).filter(geom__covers=punto)).order_by("nivel__orden")

    def con_limite(self, en: date | None = None) -> "UnidadQuerySet":
        """Annotate `estado_limite` and `geometria`: the limit in force on a day, else the point (EPSG:4326).

        One left join: an exclusion constraint keeps it to one limit per unit and day.
        """
        vigente = FilteredRelation(
            "limites", condition=Q(limites__sustituido=None, limites__vigencia__contains=en or hoy())
        )
        forma = models.GeometryField(srid=4326)
        return self.annotate(vigente=vigente).annotate(
            estado_limite=F("vigente__estado"), geometria=Coalesce("vigente__geom", "punto", output_field=forma)
        )

    def con_habitantes(self, censo: int | None = None) -> "UnidadQuerySet":
        """Annotate `habitantes` (persons, None where no figure) of `censo`, and `habitantes_metodo`, how it came about."""
        from territorio.models import HABITANTES, Cifra

        cifra = Cifra.objects.filter(unidad=OuterRef("pk"), nombre=HABITANTES, anio=censo)
        personas = cifra.values(personas=Cast(Round("valor"), models.IntegerField()))
        return self.annotate(habitantes=Subquery(personas[:1]), habitantes_metodo=Subquery(cifra.values("metodo")[:1]))


class UnidadManager(models.Manager.from_queryset(UnidadQuerySet)):  # type: ignore[misc]
    """Manager of units; its own class, so that `pregunta` reaches every proxy's manager."""


def pregunta(funcion: Callable) -> Callable:
    """Add a question of an upper app to units: `funcion(queryset, ...)` becomes a method of querysets and managers."""

    def por_el_gestor(self, *args, **kwargs):
        return funcion(self.get_queryset(), *args, **kwargs)

    por_el_gestor.__doc__ = funcion.__doc__
    setattr(UnidadQuerySet, funcion.__name__, funcion)
    setattr(UnidadManager, funcion.__name__, por_el_gestor)
    return funcion


class LimiteQuerySet(models.QuerySet):
    def en_vigor(self, en: date | None = None) -> "LimiteQuerySet":
        """Limits in force on a day (today unless told)."""
        return self.filter(sustituido=None, vigencia__contains=en or hoy())


class PoblacionQuerySet(models.QuerySet):
    def totales(self) -> "PoblacionQuerySet":
        """The whole population of each unit: the `total`/`total` rows."""
        return self.filter(sexo="total", grupo_edad="total")

    def visibles_para(self, usuario) -> "PoblacionQuerySet":
        """Totals, and by sex and age what everybody may see or belongs to the municipalities of `usuario`."""
        from cuentas.permisos import municipios_de as suyos
        from territorio.models import Desglose

        if usuario.is_superuser:
            return self
        publico = Desglose.objects.filter(unidad=OuterRef("unidad"), censo=OuterRef("censo"), publico=True)
        visibles = Q(sexo="total", grupo_edad="total") | Q(Exists(publico))
        if municipios := suyos(usuario):
            visibles |= Q(unidad__municipio__in=municipios) | Q(unidad__in=municipios)
        return self.filter(visibles)

    def ultimo_censo(self, municipio) -> int | None:
        """Year of the newest census with figures, counted or estimated, for `municipio` or its units."""
        from territorio.models import HABITANTES, Cifra

        propias = Cifra.objects.filter(Q(unidad__municipio=municipio) | Q(unidad=municipio), nombre=HABITANTES)
        return propias.order_by("-anio").values_list("anio", flat=True).first()


class MembresiaQuerySet(models.QuerySet):
    def amplias(self) -> "MembresiaQuerySet":
        """Memberships that count in the whole municipality."""
        return self.filter(unidades=None)

    def que_valen_en(self, lugar) -> "MembresiaQuerySet":
        """Memberships that count for a unit or a located feature; None is the whole municipality.

        A limited one counts where `lugar` is one of its units, lies in one by stored localisation, or stands below one.
        What is not located itself counts where its unit (`CAMPO_UNIDAD`) is; what has none is of the whole municipality.
        """
        if lugar is not None and not hasattr(lugar, "localizaciones"):
            lugar = getattr(lugar, getattr(lugar, "CAMPO_UNIDAD", ""), None)
        if lugar is None:
            return self.amplias()
        return self.filter(Q(unidades=None) | Q(unidades__in=_donde_esta(lugar))).distinct()


def _donde_esta(lugar) -> set[int]:
    """Ids of the units that hold a located feature, wholly or in part, or a unit, for the most part; itself too."""
    from territorio.models import UnidadTerritorial

    es_unidad = isinstance(lugar, UnidadTerritorial)
    ids = set()
    if lugar.pk:
        en = lugar.localizaciones.all()
        if es_unidad:  # a whole lies in its parts too, each with its share: only what is above it holds it
            en = en.filter(unidad__nivel__orden__lt=lugar.nivel.orden, fraccion__gte=0.5)
        ids.update(en.values_list("unidad", flat=True))
    unidad = lugar if es_unidad else getattr(lugar, lugar.CAMPO_UNIDAD)
    while unidad is not None and unidad.pk is not None:
        ids.add(unidad.pk)
        unidad = unidad.padre
    return ids


class CifraQuerySet(models.QuerySet):
    def habitantes(self, censo: int | None) -> "CifraQuerySet":
        """Inhabitants of units in a census, their own or estimated."""
        return self.filter(nombre="habitantes", anio=censo)


class LocalizableQuerySet(models.QuerySet):
    """Questions that every located feature answers, by its stored localisation."""

    def del_municipio(self, municipio) -> "LocalizableQuerySet":
        return self.filter(municipio=municipio)

    def en(self, unidad) -> "LocalizableQuerySet":
        """Features that lie in `unidad`, wholly or in part."""
        return self.filter(localizaciones__unidad=unidad)

    def de_sector(self, codigo: str) -> "LocalizableQuerySet":
        return self.filter(sector__codigo=codigo)

    def del_alcance_de(self, usuario) -> models.Q:
        """Condition: features that `usuario` sees though they are not published, by her roles and where they reach.

        All of a municipality where a role is not limited; else what lies in, or was declared of, the units it is limited to.
        """
        from territorio.localizacion import tabla_de
        from territorio.models import UnidadTerritorial

        tabla = tabla_de(self.model)
        suyas = unidades_de(usuario)
        en_ellas = tabla.objects.filter(unidad__in=suyas).order_by().values(tabla.OBJETO)
        # What has no place yet is known by its unit alone: one of hers, or one below it.
        debajo = UnidadTerritorial.objects.filter(
            Q(pk__in=suyas) | Q(padre__in=suyas) | Q(padre__padre__in=suyas) | Q(padre__padre__padre__in=suyas)
        )
        declaradas = Q(**{f"{self.model.CAMPO_UNIDAD}__in": debajo.order_by().values("pk")})
        de_sus_municipios = Q(municipio__in=municipios_de(usuario))
        return Q(municipio__in=municipios_sin_limite_de(usuario)) | de_sus_municipios & (
            Q(pk__in=en_ellas) | declaradas
        )

    def sin_ubicar(self) -> "LocalizableQuerySet":
        return self.filter(ubicada_por="sin_ubicar")

    def localizaciones(self) -> models.QuerySet:
        """The feature × unit rows of these features."""
        from territorio.localizacion import tabla_de

        tabla = tabla_de(self.model)
        return tabla.objects.filter(**{f"{tabla.OBJETO}__in": self.order_by()})

    def conservacion(self, nivel, municipio):
        """The conservation line of these features at a level of `municipio`."""
        from territorio.conservacion import Conservacion

        en_nivel = (
            self.localizaciones().filter(nivel=nivel).filter(Q(unidad__municipio=municipio) | Q(unidad=municipio))
        )
        objeto = f"{en_nivel.model.OBJETO}_id"
        cuenta = en_nivel.aggregate(
            suma=Sum("fraccion"), disputadas=Count(objeto, filter=Q(en_disputa=True), distinct=True)
        )
        return Conservacion.de(
            total=self.count(),
            ubicadas=cuenta["suma"] or 0.0,
            sin_ubicar=self.sin_ubicar().count(),
            en_disputa=cuenta["disputadas"],
        )


class EquipamientoQuerySet(LocalizableQuerySet):
    def en_funcionamiento(self) -> "EquipamientoQuerySet":
        """Services that a community can use today."""
        from territorio.models import EN_FUNCIONAMIENTO

        return self.filter(estado__in=EN_FUNCIONAMIENTO)

    def de_tipo(self, tipo: str) -> "EquipamientoQuerySet":
        return self.filter(tipo=tipo)


def suma_por_unidad(filas: models.QuerySet, valor) -> Subquery:
    """`Subquery` of a query on units: the sum of `valor` over the feature × unit rows `filas` of each unit."""
    suma = filas.filter(unidad=OuterRef("pk")).order_by().values("unidad").annotate(suma=Sum(valor)).values("suma")
    return Subquery(suma, output_field=models.FloatField())


def municipios_de(usuario) -> models.QuerySet:
    """Ids of the municipalities where `usuario` has a role, as a subquery."""
    from territorio.models import Membresia

    return Membresia.objects.filter(usuario=usuario).order_by().values("municipio")


def municipios_sin_limite_de(usuario) -> models.QuerySet:
    """Ids of the municipalities where a role of `usuario` counts everywhere, as a subquery."""
    from territorio.models import Membresia

    return Membresia.objects.filter(usuario=usuario).amplias().order_by().values("municipio")


def unidades_de(usuario) -> models.QuerySet:
    """Ids of the units to which roles of `usuario` are limited, as a subquery."""
    from territorio.models import Membresia

    return Membresia.unidades.through.objects.filter(membresia__usuario=usuario).values("unidadterritorial")


def _limites() -> LimiteQuerySet:
    from territorio.models import Limite

    return Limite.objects.all()
