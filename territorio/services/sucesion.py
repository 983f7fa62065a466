"""Units that are divided, merged, shrunk, renamed or abolished: what they were stays, and what came from them is known."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import shapely
from django.contrib.gis.geos import MultiPolygon
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Q
from django.utils.translation import gettext as _

from territorio import cifras
from territorio.importacion.geometria import area, miles
from territorio.localizacion import Retrato, relocalizar, retratar
from territorio.models import (
    HABITANTES,
    Denominacion,
    EstadoLimite,
    Limite,
    Motivo,
    Sucesion,
    UnidadEnUnidad,
    UnidadTerritorial,
)
from territorio.services.formas import Parte, como_multipoligono, como_shapely
from territorio.services.limites import cerrar, dias, para_cambiar, poner, revisar_dia

# Less than this between a whole and its parts is the last digits of their coordinates.
M2_QUE_IMPORTAN = 1.0


@transaction.atomic
def dividir(
    *, unidad: UnidadTerritorial, en: Sequence[Parte], desde: date, norma: str = "", por: Any
) -> list[UnidadTerritorial]:
    """`unidad` ends on `desde` and these begin in its place; what it held goes to the part where it lies."""
    unidad = para_cambiar(unidad, por)
    _revisar_final(unidad, desde)
    if len(en) < 2:
        raise ValidationError({"en": _("Para dividir hacen falta dos partes o más; el archivo trae una.")})
    _revisar_partes(unidad, en, desde)
    antes = retratar([unidad.pk])
    nuevas = [_crear(unidad, parte, f"{unidad.codigo}-{i}", desde, norma) for i, parte in enumerate(en, start=1)]
    _terminar(unidad, desde)
    _suceder([unidad], nuevas, desde, Motivo.DIVISION, norma)
    _asentar([unidad], nuevas, desde, antes)
    return nuevas


@transaction.atomic
def fusionar(
    *, unidades: Sequence[UnidadTerritorial], en: Parte, desde: date, norma: str = "", por: Any
) -> UnidadTerritorial:
    """These siblings end on `desde` and one begins in their place; without a limit of its own, theirs together."""
    if len({unidad.pk for unidad in unidades}) < 2:
        raise ValidationError({"unidades": _("Elija al menos dos unidades para unir.")})
    juntas = [para_cambiar(unidad, por) for unidad in sorted(unidades, key=lambda u: u.pk)]
    primera = juntas[0]
    for otra in juntas[1:]:
        if (otra.nivel_id, otra.municipio_id) != (primera.nivel_id, primera.municipio_id):
            raise ValidationError(
                {
                    "unidades": _("%(una)s y %(otra)s no son del mismo nivel y municipio.")
                    % {"una": primera, "otra": otra}
                }
            )
    for unidad in juntas:
        _revisar_final(unidad, desde)
    if en.geom is None:
        en = Parte(en.nombre, en.codigo, _union(juntas, desde), en.punto or primera.punto, en.categoria)
    antes = retratar([unidad.pk for unidad in juntas])
    nueva = _crear(primera, en, "+".join(u.codigo for u in juntas)[:80], desde, norma)
    for unidad in juntas:
        _terminar(unidad, desde)
    _suceder(juntas, [nueva], desde, Motivo.FUSION, norma)
    _asentar(juntas, [nueva], desde, antes)
    return nueva


@transaction.atomic
def desmembrar(*, unidad: UnidadTerritorial, parte: Parte, desde: date, norma: str = "", por: Any) -> UnidadTerritorial:
    """`parte` leaves `unidad` on `desde`; the rest goes on, with its name, its code and what is left of its limit."""
    unidad = para_cambiar(unidad, por)
    _revisar_final(unidad, desde)
    _revisar_partes(unidad, [parte], desde)
    limite = limite_de(unidad, desde)
    antes = retratar([unidad.pk])
    nueva = _crear(unidad, parte, f"{unidad.codigo}-1", desde, norma)
    if limite is not None and parte.geom is not None:
        resto = como_multipoligono(como_shapely(limite.geom).difference(como_shapely(parte.geom)))
        if resto is None:
            raise ValidationError({"en": _("La parte es toda la unidad: no queda nada de %(u)s.") % {"u": unidad}})
        poner(unidad, resto, desde=desde, estado=limite.estado, norma=norma, fuente=limite.fuente)
    _suceder([unidad], [nueva], desde, Motivo.DESMEMBRAMIENTO, norma)
    _asentar([unidad], [nueva], desde, antes)
    return nueva


@transaction.atomic
def renombrar(*, unidad: UnidadTerritorial, nombre: str, desde: date, norma: str = "", por: Any) -> UnidadTerritorial:
    """From `desde` on the unit is called so; the name it had is kept with its days."""
    unidad = para_cambiar(unidad, por)
    revisar_dia(desde)
    nombre = " ".join(nombre.split())
    if nombre == unidad.nombre:
        raise ValidationError({"nombre": _("La unidad ya se llama así.")})
    anterior = unidad.denominaciones.order_by("-vigencia").first()
    comienzo = anterior.vigencia.upper if anterior else unidad.vigencia.lower
    if comienzo is not None and desde <= comienzo:
        raise ValidationError(
            {
                "desde": _("Se llama %(nombre)s desde el %(dia)s: ponga un día posterior.")
                % {"nombre": unidad.nombre, "dia": f"{comienzo:%d/%m/%Y}"}
            }
        )
    pasada = Denominacion(unidad=unidad, nombre=unidad.nombre, vigencia=DateRange(comienzo, desde), norma=norma)
    pasada.full_clean()
    pasada.save()
    unidad.nombre = nombre
    unidad.full_clean()
    unidad.save(update_fields=["nombre"])
    return unidad


@transaction.atomic
def suprimir(
    *,
    unidad: UnidadTerritorial,
    desde: date,
    norma: str = "",
    sucesora: UnidadTerritorial | None = None,
    por: Any,
) -> UnidadTerritorial:
    """`unidad` ends on `desde`; what is declared in it goes to `sucesora`, else to the unit above. Returns that one."""
    unidad = para_cambiar(unidad, por)
    _revisar_final(unidad, desde)
    heredera = para_cambiar(sucesora, por) if sucesora else unidad.padre
    if heredera is None or heredera == unidad or heredera.municipio_propio != unidad.municipio:
        raise ValidationError({"sucesora": _("Elija otra unidad del mismo municipio.")})
    if not existe(heredera, desde):
        raise ValidationError({"sucesora": _("%(u)s no existe ese día.") % {"u": heredera}})
    antes = retratar([unidad.pk, heredera.pk])
    _terminar(unidad, desde)
    _suceder([unidad], [heredera], desde, Motivo.SUSTITUCION, norma)
    _asentar([unidad], [heredera], desde, antes)
    return heredera


def avisos(unidad: UnidadTerritorial, partes: Iterable[Parte], desde: date, *, toda: bool = True) -> list[str]:
    """What a person should know before these parts come out of `unidad`: areas that do not agree, figures left behind.

    `toda`: the parts should cover the whole.
    """
    dichos = []
    limite = limite_de(unidad, desde)
    formas = [como_shapely(parte.geom) for parte in partes if parte.geom is not None]
    if limite is not None and formas:
        entera, juntas = como_shapely(limite.geom), shapely.union_all(formas)
        comparadas = [
            (juntas.difference(entera), _("%(m2)s m² de las partes quedan fuera de %(unidad)s.")),
            (_solapadas(formas), _("Las partes se superponen en %(m2)s m².")),
        ]
        if toda:
            comparadas.insert(0, (entera.difference(juntas), _("%(m2)s m² de %(unidad)s no quedan en ninguna parte.")))
        dichos += [
            frase % {"m2": miles(round(m2)), "unidad": unidad}
            for geom, frase in comparadas
            if (m2 := area_de(geom)) > M2_QUE_IMPORTAN
        ]
    if toda and unidad.cifras.filter(nombre=HABITANTES).exists():
        dichos.append(
            _("Los habitantes de %(unidad)s se quedan en ella: cargue los de las unidades nuevas.") % {"unidad": unidad}
        )
    return dichos


def area_de(geom: Any) -> float:
    """Square metres of the polygons of a geometry, whatever else came out of cutting it."""
    multi = como_multipoligono(geom)
    return area(como_shapely(multi)) if multi else 0.0


def limite_de(unidad: UnidadTerritorial, dia: date) -> Limite | None:
    """The limit in force on a day or, where one begins that very day, the one that it closes."""
    return unidad.limites.filter(sustituido=None, vigencia__contains=dia).first()


def existe(unidad: UnidadTerritorial, dia: date) -> bool:
    desde, hasta = unidad.vigencia.lower, unidad.vigencia.upper
    return (desde is None or desde <= dia) and (hasta is None or dia < hasta)


def _solapadas(formas: list[Any]) -> Any:
    """The ground that two or more of these claim."""
    pares = [a.intersection(b) for i, a in enumerate(formas) for b in formas[i + 1 :] if a.intersects(b)]
    return shapely.union_all([forma for par in pares if (forma := par.buffer(0)) and not forma.is_empty])


def _union(unidades: list[UnidadTerritorial], dia: date) -> MultiPolygon | None:
    formas = [como_shapely(limite.geom) for unidad in unidades if (limite := limite_de(unidad, dia))]
    return como_multipoligono(shapely.union_all(formas)) if formas else None


def _revisar_final(unidad: UnidadTerritorial, desde: date) -> None:
    """Whether the unit may end, or change its extent, on that day."""
    revisar_dia(desde)
    if unidad.municipio_id is None:
        raise ValidationError(
            {"unidad": _("Un municipio, o lo que contiene municipios, no se cambia aquí: cargue sus límites nuevos.")}
        )
    nombre = {"unidad": unidad, "cuando": dias(unidad.vigencia)}
    if unidad.vigencia.upper is not None:
        raise ValidationError({"unidad": _("%(unidad)s ya terminó: existió %(cuando)s.") % nombre})
    if unidad.vigencia.lower is not None and desde <= unidad.vigencia.lower:
        raise ValidationError({"desde": _("%(unidad)s existe %(cuando)s: ponga un día posterior.") % nombre})
    posterior = unidad.limites.filter(sustituido=None, vigencia__startswith__gte=desde).order_by("vigencia").first()
    if posterior is not None:
        raise ValidationError(
            {
                "desde": _("%(unidad)s tiene un límite %(cuando)s: ponga un día posterior a su comienzo.")
                % {"unidad": unidad, "cuando": dias(posterior.vigencia)}
            }
        )


def _revisar_partes(unidad: UnidadTerritorial, partes: Sequence[Parte], desde: date) -> None:
    limite = limite_de(unidad, desde)
    nombres = [" ".join(parte.nombre.split()) for parte in partes]
    for i, (parte, nombre) in enumerate(zip(partes, nombres, strict=True), start=1):
        if not nombre:
            raise ValidationError({"en": _("La parte %(n)s no tiene nombre.") % {"n": i}})
        if limite is not None and parte.geom is None:
            raise ValidationError(
                {
                    "en": _("%(unidad)s tiene límite: «%(nombre)s» necesita el suyo.")
                    % {"unidad": unidad, "nombre": nombre}
                }
            )
        if limite is not None and area_de(como_shapely(parte.geom).intersection(como_shapely(limite.geom))) == 0:
            raise ValidationError(
                {"en": _("«%(nombre)s» no toca el territorio de %(unidad)s.") % {"unidad": unidad, "nombre": nombre}}
            )
    if len(set(nombres)) < len(nombres):
        raise ValidationError({"en": _("Dos partes tienen el mismo nombre.")})


def _crear(modelo: UnidadTerritorial, parte: Parte, codigo: str, desde: date, norma: str) -> UnidadTerritorial:
    """A unit of the same level, municipality and parent as `modelo`, which begins on `desde`."""
    nueva = UnidadTerritorial(
        nivel=modelo.nivel,
        municipio=modelo.municipio,
        padre=modelo.padre,
        codigo=parte.codigo.strip() or codigo,
        nombre=" ".join(parte.nombre.split()),
        categoria=parte.categoria or modelo.categoria,
        punto=parte.punto,
        vigencia=DateRange(desde, None),
    )
    usado = UnidadTerritorial.objects.filter(nivel=nueva.nivel, municipio=nueva.municipio, codigo=nueva.codigo).first()
    if usado is not None:
        raise ValidationError(
            {"en": _("El código %(codigo)s ya es de %(u)s; ponga otro.") % {"codigo": nueva.codigo, "u": usado}}
        )
    nueva.full_clean()
    nueva.save()
    if parte.geom is not None:
        anterior = limite_de(modelo, desde)
        estado = anterior.estado if anterior else EstadoLimite.REFERENCIAL
        poner(nueva, parte.geom, desde=desde, estado=estado, norma=norma, fuente=anterior.fuente if anterior else "")
    return nueva


def _terminar(unidad: UnidadTerritorial, desde: date) -> None:
    cerrar(unidad, desde)
    unidad.vigencia = DateRange(unidad.vigencia.lower, desde)
    unidad.full_clean()
    unidad.save(update_fields=["vigencia"])


def _suceder(
    viejas: list[UnidadTerritorial], nuevas: list[UnidadTerritorial], desde: date, motivo: Motivo, norma: str
) -> None:
    for vieja in viejas:
        for nueva in nuevas:
            sucesion = Sucesion(predecesora=vieja, sucesora=nueva, desde=desde, motivo=motivo, norma=norma)
            sucesion.full_clean()
            sucesion.save()


def _asentar(viejas: list[UnidadTerritorial], nuevas: list[UnidadTerritorial], desde: date, antes: Retrato) -> None:
    """Place anew what the change moves, and give the units below to the new one in which each lies."""
    ids = [unidad.pk for unidad in (*viejas, *nuevas)]
    relocalizar(ids, antes=antes)
    hijas = list(UnidadTerritorial.objects.filter(padre__in=viejas).vigentes(desde).exclude(pk__in=ids))
    if hijas:
        bajo_las_viejas = retratar([hija.pk for hija in hijas])
        nuevos = _nuevos_padres(hijas, viejas, nuevas)
        for hija in hijas:
            hija.padre_id = nuevos[hija.pk]
        UnidadTerritorial.objects.bulk_update(hijas, ["padre"])
        # Those with a place of their own lie where they lay.
        relocalizar(bajo_las_viejas, antes=bajo_las_viejas)
    cifras.recalcular({unidad.municipio_id or unidad.pk for unidad in viejas})


def _nuevos_padres(
    hijas: list[UnidadTerritorial], viejas: list[UnidadTerritorial], nuevas: list[UnidadTerritorial]
) -> dict[int, int | None]:
    """Where most of a unit lies among the new ones and what goes on of the old; without place, the only heir or above."""
    siguen = [vieja for vieja in viejas if vieja.vigencia.upper is None]
    candidatas = [*nuevas, *siguen]
    if len(candidatas) == 1:
        return dict.fromkeys((hija.pk for hija in hijas), candidatas[0].pk)
    arriba = {vieja.pk: vieja.pk if vieja in siguen else vieja.padre_id for vieja in viejas}
    # By its own place only: a unit without one is where its parent is.
    con_lugar = UnidadTerritorial.objects.filter(pk__in=[hija.pk for hija in hijas]).filter(
        Q(punto__isnull=False) | Q(pk__in=Limite.objects.en_vigor().values("unidad"))
    )
    en_ellas = UnidadEnUnidad.objects.filter(parte__in=con_lugar, unidad__in=candidatas)
    # The largest comes last, and stays.
    mayores = dict(en_ellas.order_by("fraccion", "-unidad").values_list("parte", "unidad"))
    return {hija.pk: mayores.get(hija.pk, arriba[hija.padre_id]) for hija in hijas}
