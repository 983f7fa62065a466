"""Figures of a unit's page: its people by sex and age, its indicators beside the municipality's, and its services."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.conf import settings

from cuentas.guardia.parametros import uno_de
from mapas.nombres import en_su_idioma, nombre_de_indicador
from territorio import reserva, servicios  # noqa: F401  (adds `con_servicio_cercano` to the questions about units)
from territorio.edades import SIN_EDAD, TOTAL, en_orden
from territorio.models import HABITANTES, Cifra, Equipamiento, Indicador, Metodo, Poblacion, Sector, UnidadTerritorial

SERVICIOS_EN_LA_FICHA = 6


def habitantes_de(una: UnidadTerritorial) -> Cifra | None:
    """Its inhabitants in the newest census, counted or estimated; `preliminar` where the census says so."""
    cifra = Cifra.objects.filter(unidad=una, nombre=HABITANTES).select_related("nivel_origen").order_by("-anio").first()
    if cifra is not None:
        cifra.personas = round(cifra.valor)
        cifra.estimada = cifra.metodo != Metodo.CENSO
        cifra.preliminar = Poblacion.objects.totales().filter(unidad=una, censo=cifra.anio, preliminar=True).exists()
    return cifra


def piramide(una: UnidadTerritorial, usuario, censo_pedido: str = "") -> dict[str, Any]:
    """Persons by age band, women and men, oldest first; `ancho_*` are percentages of the longest bar.

    Any set of bands: they are ordered by the ages they say. `censos` are those with figures by age, newest first, and
    those of which `usuario` is shown the total only; where one of these is asked for, `reservado` is all there is.
    """
    por_edad = Poblacion.objects.visibles_para(usuario).filter(unidad=una).exclude(grupo_edad=TOTAL)
    con_edad = set(por_edad.order_by().values_list("censo", flat=True).distinct())
    callados = set(reserva.reservados_para(usuario).filter(unidad=una).values_list("censo", flat=True))
    censos = sorted(con_edad | callados, reverse=True)
    if not censos:
        return {"censos": []}
    censo = int(uno_de(censo_pedido, map(str, censos), "censo") or censos[0])
    if censo in callados:
        return {"censo": censo, "censos": censos, "reservado": True, "umbral": settings.MINKA_UMBRAL_PERSONAS}
    cuentas: dict[str, dict[str, int]] = defaultdict(dict)
    fuentes, preliminar = set(), False
    for fila in por_edad.filter(censo=censo):
        cuentas[fila.grupo_edad][fila.sexo] = fila.personas
        fuentes.add(fila.fuente)
        preliminar |= fila.preliminar
    con_sexo = any({"mujeres", "hombres"} & set(sexos) for sexos in cuentas.values())
    mayor = max(max(sexos.values()) for sexos in cuentas.values()) or 1
    bandas = [
        _banda(grupo, cuentas[grupo], mayor) for grupo in sorted(en_orden(cuentas), key=lambda g: g == SIN_EDAD)[::-1]
    ]
    return {
        "censo": censo,
        "censos": censos,
        "con_sexo": con_sexo,
        "bandas": [b for b in bandas if b["grupo"] != SIN_EDAD] + [b for b in bandas if b["grupo"] == SIN_EDAD],
        "mujeres": sum(sexos.get("mujeres", 0) for sexos in cuentas.values()),
        "hombres": sum(sexos.get("hombres", 0) for sexos in cuentas.values()),
        "total": sum(_todas(sexos) for sexos in cuentas.values()),
        "preliminar": preliminar,
        "fuente": "; ".join(sorted(filter(None, fuentes))),
    }


def _banda(grupo: str, sexos: dict[str, int], mayor: int) -> dict[str, Any]:
    mujeres, hombres, todas = sexos.get("mujeres"), sexos.get("hombres"), _todas(sexos)
    return {
        "grupo": grupo,
        "mujeres": mujeres,
        "hombres": hombres,
        "todas": todas,
        "ancho_mujeres": round(100 * (mujeres or 0) / mayor, 1),
        "ancho_hombres": round(100 * (hombres or 0) / mayor, 1),
        "desde_hombres": round(100 - 100 * (hombres or 0) / mayor, 1),
        "ancho": round(100 * todas / mayor, 1),
    }


def _todas(sexos: dict[str, int]) -> int:
    return sexos.get(TOTAL, sexos.get("mujeres", 0) + sexos.get("hombres", 0))


# --- indicators -------------------------------------------------------------------------------------------------------


def indicadores_de(una: UnidadTerritorial) -> list[dict[str, Any]]:
    """The newest figure of each indicator, own or estimated, beside the municipality's of the same year."""
    cifras: dict[str, Cifra] = {}
    propias = Cifra.objects.filter(unidad=una).exclude(nombre=HABITANTES).select_related("nivel_origen")
    for cifra in propias.order_by("nombre", "-anio"):
        cifras.setdefault(cifra.nombre, cifra)
    if not cifras:
        return []
    cargados = {(i.nombre, i.anio): i for i in Indicador.objects.filter(unidad=una, nombre__in=cifras)}
    medidas = dict(Indicador.objects.filter(nombre__in=cifras).order_by().values_list("nombre", "medida").distinct())
    municipio = una.municipio
    del_municipio = {
        (c.nombre, c.anio): c
        for c in Cifra.objects.filter(unidad=municipio, nombre__in=cifras, anio__in={c.anio for c in cifras.values()})
    }
    return [
        {
            "nombre": nombre_de_indicador(cifra.nombre),
            "cifra": cifra,
            "medida": medidas.get(cifra.nombre, ""),
            "estimada": cifra.metodo != Metodo.CENSO,
            "fuente": getattr(cargados.get((cifra.nombre, cifra.anio)), "fuente", ""),
            "municipio": del_municipio.get((cifra.nombre, cifra.anio)),
            "parte": cifra.nombre.startswith("nbi_"),
        }
        for cifra in cifras.values()
    ]


# --- services ---------------------------------------------------------------------------------------------------------


def servicios_de(una: UnidadTerritorial) -> dict[str, Any]:
    """Services in a unit and, for one that is served or not, the nearest that works of each sector."""
    dentro = (
        Equipamiento.objects.filter(localizaciones__unidad=una)
        .distinct()
        .select_related("sector")
        .order_by("sector__codigo", "tipo", "nombre")
    )
    cercanos = []
    if una.nivel.es_base:
        sectores = Sector.objects.filter(
            pk__in=Equipamiento.objects.en_funcionamiento().filter(sitio__isnull=False).order_by().values("sector")
        )
        for codigo, nombre in dict(sectores.values_list("codigo", "nombre")).items():
            consulta = UnidadTerritorial.objects.filter(pk=una.pk).con_servicio_cercano(sector=codigo)
            cercano = consulta.values_list("servicio_cercano", flat=True).first()
            if cercano:
                cercanos.append({"sector": en_su_idioma(nombre), "km": cercano["metros"] / 1000} | cercano)
    return {"dentro": dentro[:SERVICIOS_EN_LA_FICHA], "dentro_n": dentro.count(), "cercanos": cercanos}
