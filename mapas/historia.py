"""The history of a unit as it is read: its limits one after another, its names, what it came from and what came of it."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import F

from mapas.croquis import Croquis, croquis_de_limites
from territorio.importacion.geometria import area
from territorio.models import Limite, Sucesion, UnidadTerritorial
from territorio.services.formas import como_shapely
from territorio.services.sucesion import area_de


@dataclass
class Tramo:
    """A limit and its days, `hasta` included; `ganado` and `perdido` are m² against the limit before it."""

    limite: Limite
    numero: int
    desde: date | None
    hasta: date | None
    m2: float
    ganado: float | None
    perdido: float | None
    croquis: Croquis | None
    rige: bool

    @property
    def corregido(self) -> bool:
        return self.limite.sustituido is not None

    @property
    def mismo_terreno(self) -> bool:
        return self.ganado is not None and self.perdido is not None and self.ganado + self.perdido < 1


@dataclass(frozen=True)
class Nombre:
    nombre: str
    desde: date | None
    hasta: date | None
    norma: str = ""


@dataclass(frozen=True)
class Historia:
    """Limits newest first, names newest first (the present one on top where there was another), and successions."""

    tramos: list[Tramo]
    nombres: list[Nombre]
    procedencias: list[Sucesion]
    sucesiones: list[Sucesion]
    desde: date | None
    ultimo_dia: date | None

    @property
    def vigentes(self) -> list[Tramo]:
        """Without those that were corrected: what was in force, one after another."""
        return [tramo for tramo in self.tramos if not tramo.corregido]


def historia_de(unidad: UnidadTerritorial, dia: date) -> Historia:
    """All that is known of the unit through time; `dia` tells which of its limits is the one in force."""
    hasta = unidad.vigencia.upper
    return Historia(
        tramos=_tramos(unidad, dia),
        nombres=_nombres(unidad),
        procedencias=list(unidad.procedencias.select_related("predecesora__nivel").order_by("desde", "pk")),
        sucesiones=list(unidad.sucesiones.select_related("sucesora__nivel").order_by("desde", "pk")),
        desde=unidad.vigencia.lower,
        ultimo_dia=hasta - timedelta(days=1) if hasta else None,
    )


def _tramos(unidad: UnidadTerritorial, dia: date) -> list[Tramo]:
    limites = list(unidad.limites.select_related("importacion").order_by(F("vigencia"), "registrado", "pk"))
    formas = [como_shapely(limite.geom) for limite in limites]
    dibujos = croquis_de_limites([limite.geom for limite in limites])
    tramos: list[Tramo] = []
    anterior = None
    for i, (limite, forma) in enumerate(zip(limites, formas, strict=True)):
        ganado = perdido = None
        if anterior is not None:
            ganado, perdido = area_de(forma.difference(anterior)), area_de(anterior.difference(forma))
        desde, fin = limite.vigencia.lower, limite.vigencia.upper
        tramos.append(
            Tramo(
                limite=limite,
                numero=i,
                desde=desde,
                hasta=fin - timedelta(days=1) if fin else None,
                m2=area(forma),
                ganado=ganado,
                perdido=perdido,
                croquis=dibujos[i],
                rige=limite.sustituido is None and (desde is None or desde <= dia) and (fin is None or dia < fin),
            )
        )
        if limite.sustituido is None:
            anterior = forma
    return tramos[::-1]


def _nombres(unidad: UnidadTerritorial) -> list[Nombre]:
    """The names it had, each until the day before its end, and the one it has; nothing where it had no other."""
    pasados = list(unidad.denominaciones.order_by("vigencia"))
    if not pasados:
        return []
    nombres = [Nombre(d.nombre, d.vigencia.lower, d.vigencia.upper - timedelta(days=1), d.norma) for d in pasados]
    return [Nombre(unidad.nombre, pasados[-1].vigencia.upper, None), *nombres[::-1]]
