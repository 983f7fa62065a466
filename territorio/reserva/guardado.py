"""Stores which units show their people by sex and age, and compares it with what their tables say."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction

from cuentas.aislamiento import alcance_total
from territorio.edades import TOTAL
from territorio.fechas import al
from territorio.models import Desglose, Limite, Nivel, Poblacion, UnidadEnUnidad, UnidadTerritorial
from territorio.reserva.regla import Contada, Relacion, publicas
from territorio.reserva.tabla import Clave

_UNIDAD = UnidadTerritorial._meta.db_table
_NIVEL = Nivel._meta.db_table
_LIMITE = Limite._meta.db_table
_POBLACION = Poblacion._meta.db_table
_EN_UNIDAD = UnidadEnUnidad._meta.db_table

# What a unit lies in by nine tenths holds it; what lies in another by less than one tenth is apart from it. In between
# they cross.
ENTERA, APENAS = 0.9, 0.1

# Units with a table, in these municipalities (NULL: all); a table above municipalities ties all of them together.
_UNIDADES = f"""
WITH alta AS (
    SELECT 1 FROM {_UNIDAD} u JOIN {_NIVEL} n ON n.id = u.nivel_id
    WHERE u.municipio_id IS NULL AND n.codigo <> 'municipio' AND {{con_tabla}}
)
SELECT u.id, u.nivel_id, n.orden, n.es_base, u.vigencia @> %(hoy)s,
    CASE WHEN n.codigo = 'municipio' THEN u.id ELSE u.municipio_id END,
    EXISTS (SELECT 1 FROM {_LIMITE} l WHERE l.unidad_id = u.id AND l.sustituido IS NULL AND l.vigencia @> %(hoy)s),
    u.punto IS NOT NULL
FROM {_UNIDAD} u JOIN {_NIVEL} n ON n.id = u.nivel_id
WHERE {{con_tabla}} AND (
    %(municipios)s::bigint[] IS NULL OR u.municipio_id = ANY(%(municipios)s) OR u.id = ANY(%(municipios)s)
    OR EXISTS (SELECT 1 FROM alta)
)
""".format(
    con_tabla=f"""EXISTS (
        SELECT 1 FROM {_POBLACION} p WHERE p.unidad_id = u.id AND (p.sexo, p.grupo_edad) <> ('{TOTAL}', '{TOTAL}')
    )"""
)
_CELDAS = f"""
SELECT unidad_id, censo, sexo, grupo_edad, personas FROM {_POBLACION} WHERE unidad_id = ANY(%(unidades)s)
"""
_LUGARES = f"""
SELECT parte_id, nivel_id, unidad_id, fraccion / sum(fraccion) OVER (PARTITION BY parte_id, nivel_id)
FROM {_EN_UNIDAD} WHERE parte_id = ANY(%(unidades)s) AND nivel_id = ANY(%(niveles)s)
"""
_CADENAS = f"""
WITH RECURSIVE cadena (parte_id, superior_id, salto) AS (
    SELECT id, padre_id, 1 FROM {_UNIDAD} WHERE id = ANY(%(unidades)s) AND padre_id IS NOT NULL
    UNION ALL
    SELECT c.parte_id, u.padre_id, c.salto + 1 FROM cadena c JOIN {_UNIDAD} u ON u.id = c.superior_id
    WHERE u.padre_id IS NOT NULL AND c.salto < 20
)
SELECT c.parte_id, u.nivel_id, u.id FROM cadena c JOIN {_UNIDAD} u ON u.id = c.superior_id
"""


@dataclass(frozen=True)
class _Unidad:
    pk: int
    nivel: int
    orden: int
    es_base: bool
    vigente: bool
    clave: int | None
    limite: bool
    punto: bool

    @property
    def escalon(self) -> tuple[int, int]:
        """Strict order of levels, the largest first."""
        return self.orden, self.nivel


@transaction.atomic
@alcance_total()
def recalcular(municipios: Iterable[int] | None = None) -> None:
    """Bring what is shown of these municipalities (ids; None: of all) to what tables, places and the threshold say."""
    dichos, alcance = _calcular(None if municipios is None else sorted(set(municipios)))
    guardados = {(d.unidad_id, d.censo): d for d in _guardados(alcance)}
    sobran = [d.pk for clave, d in guardados.items() if clave not in dichos]
    if sobran:
        Desglose.objects.filter(pk__in=sobran).delete()
    faltan = [
        Desglose(unidad_id=unidad, censo=censo, publico=publico)
        for (unidad, censo), publico in dichos.items()
        if (unidad, censo) not in guardados or guardados[unidad, censo].publico != publico
    ]
    Desglose.objects.bulk_create(
        faltan, 5000, update_conflicts=True, unique_fields=["unidad", "censo"], update_fields=["publico"]
    )


@transaction.atomic
def diferencias() -> list[str]:
    """What is stored and a recount does not confirm, in words; writes nothing."""
    dichos, alcance = _calcular(None)
    guardados = {(d.unidad_id, d.censo): d.publico for d in _guardados(alcance)}
    return [
        f"unidad {par[0]}, censo {par[1]}: guardado {_palabra(guardados.get(par))}, "
        f"según la regla {_palabra(dichos.get(par))}"
        for par in sorted(guardados.keys() | dichos.keys())
        if guardados.get(par) != dichos.get(par)
    ]


def _palabra(publico: bool | None) -> str:
    return {None: "nada", True: "público", False: "reservado"}[publico]


def _guardados(alcance: list[int] | None) -> Iterable[Desglose]:
    if alcance is None:
        return Desglose.objects.all()
    return Desglose.objects.filter(unidad__in=UnidadTerritorial.objects.filter(municipio__in=alcance)) | (
        Desglose.objects.filter(unidad__in=alcance)
    )


def _calcular(municipios: list[int] | None) -> tuple[dict[tuple[int, int], bool], list[int] | None]:
    """Whether each table (unit, census) is shown, and the municipalities that had to be looked at (None: all)."""
    with al(None) as hoy, connection.cursor() as cursor:
        cursor.execute(_UNIDADES, {"municipios": municipios, "hoy": hoy})
        unidades = {fila[0]: _Unidad(*fila) for fila in cursor.fetchall()}
    alcance = None if municipios is None or any(u.clave is None for u in unidades.values()) else municipios
    if not unidades:
        return {}, alcance
    relaciones = _relaciones(unidades)
    dichos: dict[tuple[int, int], bool] = {}
    escalones = {e: i for i, e in enumerate(sorted({u.escalon for u in unidades.values()}))}
    for censo, tablas in _tablas(list(unidades)).items():
        contadas = [Contada(pk, escalones[unidades[pk].escalon], celdas) for pk, celdas in tablas.items()]
        vistas = publicas(contadas, *relaciones.de(unidades, set(tablas)), settings.MINKA_UMBRAL_PERSONAS)
        dichos |= {(pk, censo): pk in vistas for pk in tablas}
    return dichos, alcance


def _tablas(unidades: list[int]) -> dict[int, dict[int, dict[Clave, int]]]:
    """Persons by sex and age of each census and unit that has more than a total."""
    tablas: dict[int, dict[int, dict[Clave, int]]] = defaultdict(lambda: defaultdict(dict))
    with connection.cursor() as cursor:
        cursor.execute(_CELDAS, {"unidades": unidades})
        for unidad, censo, sexo, grupo, personas in cursor.fetchall():
            tablas[censo][unidad][sexo, grupo] = personas
    return {
        censo: {pk: celdas for pk, celdas in suyas.items() if set(celdas) != {(TOTAL, TOTAL)}}
        for censo, suyas in tablas.items()
    }


@dataclass(frozen=True)
class _Relaciones:
    """Of each unit, by level: the units in which it lies with the part of it in each, and those declared above it."""

    lugares: dict[int, dict[int, dict[int, float]]]
    cadenas: dict[int, dict[int, int]]

    def de(self, unidades: dict[int, _Unidad], contadas: set[int]) -> tuple[Relacion, Relacion]:
        """Which of `contadas` hold each other, and which cross or, for want of a place, might."""
        dentro: dict[int, set[int]] = defaultdict(set)
        cruzan: dict[int, set[int]] = defaultdict(set)
        por_nivel: dict[int, dict[int | None, set[int]]] = defaultdict(lambda: defaultdict(set))
        for pk in contadas:
            por_nivel[unidades[pk].nivel][unidades[pk].clave].add(pk)
        for pk in contadas:
            una = unidades[pk]
            if not una.vigente:
                # Nothing keeps the place of a unit that ended among those of today: it might be part of any.
                cruzan[pk] |= {otra for otra in contadas if unidades[otra].clave in {una.clave, None}} - {pk}
                continue
            for nivel, de_clave in por_nivel.items():
                for otra, entera in self._donde(una, nivel, de_clave, unidades):
                    (dentro if entera else cruzan)[pk].add(otra)
        for pk in contadas:
            # Of two that hold each other, the same people under two names, the larger level holds the other.
            dentro[pk] = {s for s in dentro[pk] if pk not in dentro[s] or unidades[s].escalon < unidades[pk].escalon}
        for pk in contadas:
            # What its container lies in holds it as well; where places say otherwise, they cross.
            cruzan[pk] |= {mas for sobre in dentro[pk] for mas in dentro[sobre]} - dentro[pk]
        for pk in contadas:
            for otra in list(cruzan[pk]):
                if pk in dentro[otra]:
                    cruzan[pk].discard(otra)
                else:
                    cruzan[otra].add(pk)
        return dentro, cruzan

    def _donde(self, una: _Unidad, nivel: int, de_clave, unidades) -> Iterator[tuple[int, bool]]:
        """Units with a table at another level that hold it (True) or have part of it, or might (False)."""
        otras = {
            pk: unidades[pk]
            for clave in {una.clave, None}
            for pk in de_clave.get(clave, ())
            if unidades[pk].vigente and pk != una.pk and nivel != una.nivel
        }
        if not otras:
            return
        if una.clave in otras:
            yield una.clave, True
        elif partes := self.lugares.get(una.pk, {}).get(nivel):
            yield from ((pk, parte >= ENTERA) for pk, parte in partes.items() if pk in otras and parte > APENAS)
        elif (declarada := self.cadenas.get(una.pk, {}).get(nivel)) is not None:
            if declarada in otras:
                yield declarada, True
        else:
            # Base levels are each other's neighbours; any other might hold what has no place, or has it nowhere known.
            for pk, otra in otras.items():
                arriba = otra.escalon < una.escalon and not (una.es_base and otra.es_base)
                if arriba and not ((una.limite or una.punto) and otra.limite):
                    yield pk, False


def _relaciones(unidades: dict[int, _Unidad]) -> _Relaciones:
    lugares: dict[int, dict[int, dict[int, float]]] = defaultdict(lambda: defaultdict(dict))
    cadenas: dict[int, dict[int, int]] = defaultdict(dict)
    with connection.cursor() as cursor:
        niveles = sorted({u.nivel for u in unidades.values()})
        cursor.execute(_LUGARES, {"unidades": list(unidades), "niveles": niveles})
        for parte, nivel, unidad, fraccion in cursor.fetchall():
            lugares[parte][nivel][unidad] = fraccion
        cursor.execute(_CADENAS, {"unidades": list(unidades)})
        for parte, nivel, superior in cursor.fetchall():
            cadenas[parte].setdefault(nivel, superior)
    return _Relaciones(lugares, cadenas)
