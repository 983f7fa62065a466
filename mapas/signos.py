"""Signs of located features: shape, colour and word for each state, so that colour never speaks alone."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from demandas.models import EstadoDemanda
from proyectos.models import EstadoProyecto
from territorio.models.equipamiento import EstadoEquipamiento

AZUL, VERDE, NARANJA, ROJO, GRIS, MORADO = "#2166ac", "#067647", "#b54708", "#b42318", "#52606d", "#6a3d9a"

# (shape, colour) by state; the shapes are drawn by mapa.js and by mapa_signo.html.
PROYECTOS = {
    EstadoProyecto.IDEA: ("circulo", GRIS),
    EstadoProyecto.PROGRAMADO: ("circulo", AZUL),
    EstadoProyecto.EN_LICITACION: ("rombo", GRIS),
    EstadoProyecto.ADJUDICADO: ("rombo", MORADO),
    EstadoProyecto.CONTRATADO: ("rombo", AZUL),
    EstadoProyecto.EN_EJECUCION: ("triangulo", AZUL),
    EstadoProyecto.PARALIZADO: ("cuadrado", NARANJA),
    EstadoProyecto.CONCLUIDO: ("estrella", VERDE),
    EstadoProyecto.DESIERTO: ("cruz", GRIS),
    EstadoProyecto.ANULADO: ("cruz", ROJO),
    EstadoProyecto.CANCELADO: ("cruz", NARANJA),
}
DEMANDAS = {
    EstadoDemanda.REGISTRADA: ("circulo", GRIS),
    EstadoDemanda.VALIDADA: ("circulo", MORADO),
    EstadoDemanda.PRIORIZADA_DISTRITO: ("rombo", MORADO),
    EstadoDemanda.PRIORIZADA_MUNICIPIO: ("rombo", AZUL),
    EstadoDemanda.INCORPORADA_PDM: ("triangulo", MORADO),
    EstadoDemanda.PROGRAMADA: ("triangulo", AZUL),
    EstadoDemanda.EJECUTADA: ("estrella", VERDE),
    EstadoDemanda.DEVUELTA: ("cuadrado", NARANJA),
    EstadoDemanda.RECHAZADA: ("cruz", ROJO),
    EstadoDemanda.UNIDA: ("cuadrado", GRIS),
}
EQUIPAMIENTOS = {
    EstadoEquipamiento.FUNCIONA: ("cuadrado", AZUL),
    EstadoEquipamiento.EN_PARTE: ("rombo", NARANJA),
    EstadoEquipamiento.EN_CONSTRUCCION: ("triangulo", MORADO),
    EstadoEquipamiento.CERRADO: ("cruz", ROJO),
    EstadoEquipamiento.DESCONOCIDO: ("circulo", GRIS),
}
FORMAS: dict[tuple[str, str], tuple[str, str]] = {
    ("proyecto", estado.value): forma for estado, forma in PROYECTOS.items()
}
FORMAS |= {("demanda", estado.value): forma for estado, forma in DEMANDAS.items()}
FORMAS |= {("equipamiento", estado.value): forma for estado, forma in EQUIPAMIENTOS.items()}


@dataclass(frozen=True)
class Signo:
    """How the features of one kind and state are drawn, and how many are on the map."""

    tipo: str
    estado: str
    etiqueta: str
    forma: str
    color: str
    cuantos: int


def signos_de(rasgos: Iterable[dict[str, Any]]) -> list[Signo]:
    """The signs in use on a map, in the order in which works and demands go forward."""
    etiquetas: dict[tuple[str, str], str] = {}
    cuantos: Counter[tuple[str, str]] = Counter()
    for rasgo in rasgos:
        clave = rasgo["tipo"], rasgo["estado"]
        etiquetas[clave] = str(rasgo["estado_texto"])
        cuantos[clave] += 1
    orden = list(FORMAS)
    en_orden = sorted(cuantos, key=lambda clave: orden.index(clave) if clave in FORMAS else len(orden))
    return [
        Signo(*clave, etiquetas[clave], *FORMAS.get(clave, ("circulo", GRIS)), cuantos[clave])  # type: ignore[misc]
        for clave in en_orden
    ]
