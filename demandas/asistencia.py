"""Who came to meetings, by sex, age and capacity: what each reader is shown of it.

A group of few persons is for the members of the municipality alone. To others a meeting is shown in the finest way in
which no group of it is of few: whole, by sex, its total, or that they were few. Sums over meetings are made of what is
shown of each, so that nothing can be found by taking one figure from another.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.conf import settings
from django.db.models import BooleanField, Case, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from cuentas.permisos import municipios_de
from demandas.models import Asistencia, Calidad, GrupoEdad, Sexo
from demandas.services.eventos import Celda

TODO, POR_SEXO, TOTAL, POCOS, NADIE = "todo", "por_sexo", "total", "pocos", "nadie"


@dataclass(frozen=True)
class Asistentes:
    """Persons of one meeting, as far as a reader may see them; `ver` tells how far that is."""

    ver: str
    celdas: Mapping[Celda, int] = field(default_factory=dict)
    por_sexo: Mapping[str, int] = field(default_factory=dict)
    total: int | None = None

    @property
    def reservado(self) -> bool:
        return self.ver in {POR_SEXO, TOTAL, POCOS}

    def tabla(self) -> list[dict]:
        """Rows by capacity and age, with the persons of each sex and their sum; only what came is listed."""
        filas = []
        for calidad in Calidad:
            for edad in GrupoEdad:
                cuentas = [self.celdas.get((sexo, edad, calidad), 0) for sexo in Sexo.values]
                if any(cuentas):
                    filas.append(
                        {"calidad": calidad.label, "edad": edad.label, "cuentas": cuentas, "total": sum(cuentas)}
                    )
        return filas


def es_de_aqui(usuario, municipio_id: int) -> bool:
    """Whether `usuario` is shown groups of few persons of a municipality."""
    return usuario.is_authenticated and (usuario.is_superuser or municipio_id in municipios_de(usuario))


def asistentes(celdas: Mapping[Celda, int], *, de_aqui: bool) -> Asistentes:
    """What a member (`de_aqui`), or anybody else, is shown of the persons of one meeting."""
    celdas = {celda: n for celda, n in celdas.items() if n}
    total = sum(celdas.values())
    if not total:
        return Asistentes(NADIE)
    por_sexo = {sexo: sum(n for (s, _e, _c), n in celdas.items() if s == sexo) for sexo in Sexo.values}
    if de_aqui or not _hay_pocos(celdas.values()):
        return Asistentes(TODO, celdas, por_sexo, total)
    if not _hay_pocos(por_sexo.values()):
        return Asistentes(POR_SEXO, {}, por_sexo, total)
    if not _hay_pocos([total]):
        return Asistentes(TOTAL, {}, {}, total)
    return Asistentes(POCOS)


def de_eventos(usuario, eventos: Iterable) -> dict[int, Asistentes]:
    """By id, the persons of each meeting as `usuario` may see them."""
    eventos = list(eventos)
    celdas: dict[int, dict[Celda, int]] = defaultdict(dict)
    for evento, sexo, edad, calidad, n in Asistencia.objects.filter(evento__in=[e.pk for e in eventos]).values_list(
        "evento", "sexo", "grupo_edad", "calidad", "personas"
    ):
        celdas[evento][sexo, edad, calidad] = n
    suyos = {m: es_de_aqui(usuario, m) for m in {e.municipio_id for e in eventos}}
    return {e.pk: asistentes(celdas[e.pk], de_aqui=suyos[e.municipio_id]) for e in eventos}


def con_asistentes(eventos: QuerySet, usuario) -> QuerySet:
    """Annotate `mujeres`, `hombres`, `personas` (None where nobody counted, or kept) and `reservado`: a sex of few is kept.

    It tells no more of a meeting than `asistentes` does.
    """
    umbral = settings.MINKA_UMBRAL_PERSONAS
    mujeres, hombres = (_de_sexo(sexo) for sexo in Sexo.values)
    eventos = eventos.annotate(_mujeres=mujeres, _hombres=hombres).annotate(_todas=F("_mujeres") + F("_hombres"))
    pocas = Q(_mujeres__gt=0, _mujeres__lt=umbral) | Q(_hombres__gt=0, _hombres__lt=umbral)
    if not usuario.is_authenticated:
        callado = pocas
    else:
        callado = Q(pk__in=[]) if usuario.is_superuser else ~Q(municipio__in=municipios_de(usuario)) & pocas
    de_pocas = callado & Q(_todas__lt=umbral)
    sin_dato, entero = Value(None), IntegerField(null=True)
    return eventos.annotate(
        mujeres=Case(When(callado | Q(_todas=0), then=sin_dato), default=F("_mujeres"), output_field=entero),
        hombres=Case(When(callado | Q(_todas=0), then=sin_dato), default=F("_hombres"), output_field=entero),
        personas=Case(When(de_pocas | Q(_todas=0), then=sin_dato), default=F("_todas"), output_field=entero),
        reservado=Case(When(callado, then=Value(True)), default=Value(False), output_field=BooleanField()),
    )


def _de_sexo(sexo: str) -> Coalesce:
    suyas = Asistencia.objects.filter(evento=OuterRef("pk"), sexo=sexo).order_by().values("evento")
    return Coalesce(Subquery(suyas.values(n=Sum("personas"))), 0, output_field=IntegerField())


@dataclass(frozen=True)
class Suma:
    """Persons over many meetings (who came to two counts twice): by sex and age, and what is known less closely."""

    reuniones: int
    con_asistencia: int
    por_edad: Mapping[tuple[str, str], int]
    sin_edad: Mapping[str, int]  # known by sex only
    sin_sexo: int  # known in total only
    calladas: int  # meetings of few, of which nothing is told

    @property
    def total(self) -> int:
        return sum(self.por_edad.values()) + sum(self.sin_edad.values()) + self.sin_sexo

    @property
    def mujeres(self) -> int:
        return self._de(Sexo.MUJERES)

    @property
    def hombres(self) -> int:
        return self._de(Sexo.HOMBRES)

    def _de(self, sexo: str) -> int:
        return sum(n for (s, _edad), n in self.por_edad.items() if s == sexo) + self.sin_edad.get(sexo, 0)

    def tabla(self) -> list[dict]:
        """Rows by age with the persons of each sex; after them those whose age, and whose sex, is not told."""
        filas: list[tuple[str, list[int]]] = [
            (str(edad.label), [self.por_edad.get((sexo, edad), 0) for sexo in Sexo.values]) for edad in GrupoEdad
        ]
        if any(self.sin_edad.values()):
            filas.append(("", [self.sin_edad.get(sexo, 0) for sexo in Sexo.values]))
        return [{"edad": edad, "cuentas": cuentas, "total": sum(cuentas)} for edad, cuentas in filas]


def sumar(todas: Iterable[Asistentes]) -> Suma:
    """The sum of what is shown of each meeting, and of nothing else."""
    todas = list(todas)
    por_edad: Counter[tuple[str, str]] = Counter()
    sin_edad: Counter[str] = Counter()
    sin_sexo = 0
    for una in todas:
        if una.ver == TODO:
            for (sexo, edad, _calidad), n in una.celdas.items():
                por_edad[sexo, edad] += n
        elif una.ver == POR_SEXO:
            sin_edad.update(una.por_sexo)
        elif una.ver == TOTAL:
            sin_sexo += una.total or 0
    return Suma(
        reuniones=len(todas),
        con_asistencia=sum(una.ver != NADIE for una in todas),
        por_edad=por_edad,
        sin_edad=sin_edad,
        sin_sexo=sin_sexo,
        calladas=sum(una.ver == POCOS for una in todas),
    )


def _hay_pocos(cuentas: Iterable[int]) -> bool:
    return any(0 < n < settings.MINKA_UMBRAL_PERSONAS for n in cuentas)
