"""Which demands, projects and services changed unit when limits changed: what people ask first of a new boundary."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.apps import apps

from territorio.importacion.informe import Informe
from territorio.localizacion import Cambios, tabla_de
from territorio.models import Nivel, UnidadTerritorial

# The report keeps this many rows of each kind, and the number of all.
TOPE = 2000


def contar(informe: Informe, cambios: dict[str, Cambios], llamadas: Mapping[int, str] | None = None) -> None:
    """Fill `mudanzas`, `mudanzas_totales` and the figures of the report from what was placed anew.

    `llamadas` are the former names of units (by id) that were renamed by the same change.
    """
    for etiqueta, cambio in cambios.items():
        if etiqueta == UnidadTerritorial._meta.label or not cambio.movidas:
            continue
        modelo = apps.get_model(etiqueta)
        filas = _filas(modelo, cambio, llamadas or {})
        informe.mudanzas[etiqueta] = filas
        informe.mudanzas_totales[etiqueta] = len(cambio.movidas)
        nombre = etiqueta.split(".")[1].lower()
        informe.cuentas[f"{nombre}s_que_cambiaron_de_unidad"] = len({objeto for objeto, _nivel in cambio.movidas})
        informe.listas[f"{nombre}s_que_cambiaron_de_unidad"] = [_frase(fila) for fila in filas]


def _filas(modelo, cambio: Cambios, llamadas: Mapping[int, str]) -> list[dict[str, Any]]:
    """One row per feature and level, ordered by code: the names of its units before and after."""
    tabla = tabla_de(modelo)
    objetos = {objeto for objeto, _nivel in cambio.movidas}
    rasgos = {r.pk: r for r in modelo._default_manager.filter(pk__in=objetos).order_by("codigo", "pk")}
    orden = {pk: n for n, pk in enumerate(rasgos)}
    niveles = Nivel.objects.in_bulk({nivel for _objeto, nivel in cambio.movidas})
    claves = sorted(cambio.movidas, key=lambda par: (orden[par[0]], niveles[par[1]].orden))[:TOPE]
    ahora = defaultdict(set)
    columnas = (f"{tabla.OBJETO}_id", "nivel_id", "unidad_id")
    for objeto, nivel, unidad in tabla.objects.filter(
        **{f"{tabla.OBJETO}__in": {objeto for objeto, _nivel in claves}}
    ).values_list(*columnas):
        ahora[objeto, nivel].add(unidad)
    antes = {clave: (ahora[clave] - cambio.movidas[clave].entran) | cambio.movidas[clave].salen for clave in claves}
    unidades = set().union(*(ahora[clave] | antes[clave] for clave in claves))
    nombres = dict(UnidadTerritorial.objects.filter(pk__in=unidades).order_by().values_list("pk", "nombre"))
    return [
        {
            "id": clave[0],
            "codigo": rasgos[clave[0]].codigo,
            "titulo": str(rasgos[clave[0]]),
            "nivel": niveles[clave[1]].codigo,
            "antes": sorted(llamadas.get(u, nombres[u]) for u in antes[clave]),
            "despues": sorted(nombres[u] for u in ahora[clave]),
        }
        for clave in claves
    ]


def _frase(fila: dict[str, Any]) -> str:
    antes, despues = (" y ".join(fila[cuando]) or "ninguna" for cuando in ("antes", "despues"))
    return f"{fila['codigo']} «{fila['titulo'][:60]}», {fila['nivel']}: {antes} → {despues}"
