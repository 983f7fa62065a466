"""What the page of a demand tells of those that were joined to it, and what may be done about it."""

from dataclasses import dataclass
from typing import Any

from cuentas.permisos import puede
from demandas.models import Demanda
from demandas.permisos import UNIR_DEMANDAS


@dataclass(frozen=True)
class Uniones:
    """`unidas` count through this one: each with its ranks, people, files and steps, as far as the reader may see them."""

    unidas: list[Demanda]
    puede: bool


def uniones_de(demanda: Demanda, usuario: Any) -> Uniones:
    unidas = (
        Demanda.objects.visibles_para(usuario)
        .filter(unida_a=demanda)
        .con_personas(usuario)
        .select_related("proponente")
        .prefetch_related("rangos", "pasos", "adjuntos")
    )
    return Uniones(list(unidas.order_by("codigo")), puede(usuario, UNIR_DEMANDAS, demanda.municipio, demanda))
