"""The report of an import as it is kept: its rows each by itself, and the rest in the record."""

import json
from collections import defaultdict
from typing import Any

from django.db import transaction

from territorio.importacion.copia import copiar
from territorio.models import FilaImportada, Importacion

COLUMNAS = ("importacion_id", "numero", "estado", "gravedad", "orden", "datos", "problemas")
GRAVEDADES = ("error", "aviso", "dato", "")  # worst first
DUDOSAS = {"error": 0, "aviso": 1}
ORDEN = {"nueva": 2, "cambiada": 3, "igual": 4, "omitida": 5}
ULTIMAS = 9


@transaction.atomic
def guardar(importacion: Importacion, informe: dict[str, Any]) -> None:
    """Store the rows of `informe` (`Informe.como_dict()`) in place of the former ones, and set the record's to the rest.

    The record itself is for the caller to save.
    """
    resto = {**informe, "filas": [], "problemas": []}
    problemas: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for problema in informe.get("problemas", ()):
        (resto["problemas"] if problema["fila"] is None else problemas[problema["fila"]]).append(problema)
    filas = {fila["numero"]: fila for fila in informe.get("filas", ())}
    FilaImportada.objects.filter(importacion=importacion).delete()
    copiar(
        FilaImportada,
        COLUMNAS,
        (
            _columnas(importacion.pk, numero, filas.get(numero, {}), problemas.get(numero, []))
            for numero in sorted({*filas, *problemas})
        ),
    )
    importacion.informe = json.loads(_json(resto))


def completo(importacion: Importacion) -> dict[str, Any]:
    """The whole report, as it was before its rows were set apart; what concerns the file comes before its rows."""
    informe = dict(importacion.informe)
    if not informe:
        return informe
    filas = list(importacion.filas.order_by("numero").values_list("datos", "problemas"))
    informe["filas"] = [datos for datos, _ in filas if datos]
    informe["problemas"] = informe.get("problemas", []) + [p for _, problemas in filas for p in problemas]
    return informe


def _columnas(
    importacion: int, numero: int, datos: dict[str, Any], problemas: list[dict[str, Any]]
) -> tuple[int, int, str, str, int, str, str]:
    dichas = {duda["gravedad"] for duda in (*datos.get("dudas", ()), *problemas)}
    estado = datos.get("estado", "")
    gravedad = "error" if estado == "con_error" else next((g for g in GRAVEDADES if g in dichas), "")
    orden = DUDOSAS.get(gravedad, ORDEN.get(estado, ULTIMAS))
    return importacion, numero, estado, gravedad, orden, _json(datos), _json(problemas)


def _json(valor: object) -> str:
    return json.dumps(valor, ensure_ascii=False, default=str)
