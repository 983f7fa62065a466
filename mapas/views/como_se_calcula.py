"""How each rule of prioritisation works, with five demands worked step by step."""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cuentas.guardia.parametros import parametros
from demandas import razones
from demandas.mesa.corrida import REGLAS
from demandas.mesa.montos import en_bs
from demandas.priorizacion import Fase, Regla
from demandas.priorizacion.ejemplo import CRITERIOS, Ejemplo, Ronda, Trabajada, ejemplo

trabajado = cache(ejemplo)


@require_safe
@parametros()
def como_se_calcula(request: HttpRequest) -> HttpResponse:
    return render(request, "priorizacion/como_se_calcula.html", contexto(trabajado()))


def contexto(ej: Ejemplo) -> dict[str, Any]:
    """The example with its names and its figures as they are read."""
    comunidades, demandas, reglas = _comunidades(), _demandas(), nombres_de_reglas()
    return {
        "techo": en_bs(ej.techo),
        "comunidades": [
            {"nombre": comunidades[v], "habitantes": h, "nbi": ej.nbi[v], "parte": en_bs(round(ej.partes[v]))}
            for v, h in ej.habitantes.items()
        ],
        "habitantes": sum(ej.habitantes.values()),
        "por_habitante": _monto(ej.techo / sum(ej.habitantes.values())),
        "demandas": [
            {
                "letra": d.letra,
                "nombre": demandas[d.letra],
                "costo": en_bs(d.costo),
                "quienes": ", ".join(comunidades[v] for v in d.quienes),
                "criterios": [
                    {
                        "valor": _valor(c, d.valores[c]),
                        "normal": _cifra(d.normales[c]),
                        "aporte": _puntos(d.aportes[c]),
                    }
                    for c in CRITERIOS
                ],
                "puntaje": _puntos(d.puntaje),
            }
            for d in ej.demandas
        ],
        "criterios": [
            {"nombre": nombre, "explicacion": explicacion, "peso": round(ej.pesos[c])}
            for c, (nombre, explicacion) in _criterios().items()
        ],
        "turnos": {
            str(regla): [
                {
                    "letra": t.letra,
                    "medida": _puntos(t.medida * (1000 if regla == Regla.POR_BOLIVIANO else 1)),
                    "costo": en_bs(t.costo),
                    "habia": en_bs(t.habia),
                    "entra": t.entra,
                    "queda": en_bs(t.queda),
                }
                for t in turnos
            ]
            for regla, turnos in ej.turnos.items()
        },
        "mejores": [
            {"letras": " + ".join(s.letras), "costo": en_bs(s.costo), "puntaje": _puntos(s.puntaje)} for s in ej.mejores
        ],
        "posibles": ej.posibles,
        "caben": ej.caben,
        "rondas": [_ronda(n, ronda, comunidades) for n, ronda in enumerate(ej.rondas, 1)],
        "completadas": ", ".join(ej.completadas),
        "sobra_de_partes": en_bs(round(sum(ej.rondas[-1].habia.values()))),
        "reglas": [
            {"clave": str(regla), "nombre": reglas[regla]} | _resumen(ej.reglas[regla], comunidades) for regla in Regla
        ],
        "fuera": {str(regla): list(_fuera(t)) for regla, t in ej.reglas.items()},
    }


def nombres_de_reglas() -> dict[Regla, str]:
    """As the workbench calls them."""
    return {suya: capfirst(regla.label) for regla, suya in REGLAS.items()}


def _resumen(t: Trabajada, comunidades: dict[int, str]) -> dict[str, Any]:
    completadas = t.resultado.de_fase(Fase.COMPLETAR)
    return {
        "entran": ", ".join(t.dentro),
        "celdas": [letra in t.dentro for letra in "ABCDE"],
        "gasto": en_bs(t.resultado.gastado),
        "queda": en_bs(t.resultado.queda),
        "puntaje": _puntos(t.resultado.puntaje),
        "por_habitante": [_monto((t.bs_por_habitante[v] or 0) * 100) for v in comunidades],
        "gini": _cifra(t.gini.valor),
        "tercio": round(t.tercio_pobre.valor * 100),
        "completadas": len(completadas),
    }


def _fuera(t: Trabajada) -> Iterator[dict[str, Any]]:
    palabras = razones.Palabras(dict(enumerate("ABCDE")))
    for f in sorted(t.fuera, key=lambda f: f.letra):
        yield {
            "letra": f.letra,
            "por_que": razones.por_que(f.razon, palabras),
            "haria_falta": razones.en_palabras(f.haria_falta, palabras),
        }


def _ronda(numero: int, ronda: Ronda, comunidades: dict[int, str]) -> dict[str, Any]:
    return {
        "numero": numero,
        "elegida": ronda.elegida,
        "habia": [{"nombre": comunidades[v], "monto": en_bs(round(m))} for v, m in ronda.habia.items()],
        "ofertas": [
            {
                "letra": o.letra,
                "precio": None if o.precio is None else _monto(o.precio),
                "falta": en_bs(o.falta),
                "elegida": o.letra == ronda.elegida,
            }
            for o in ronda.ofertas
        ],
        "pagos": [{"nombre": comunidades[v], "monto": en_bs(round(m))} for v, m in ronda.pagos.items()],
    }


def _valor(criterio: str, valor: float) -> str:
    if criterio == "contraparte":
        return _("sí") if valor else _("no")
    return _("%(n)s.º") % {"n": round(valor)} if criterio == "puesto" else number_format(round(valor), 0)


def _cifra(valor: float, decimales: int = 2) -> str:
    """Rounded as people round, halves up: a float formatted as it stands would be cut."""
    redonda = (
        Decimal(repr(valor)).quantize(Decimal(1).scaleb(-9)).quantize(Decimal(1).scaleb(-decimales), ROUND_HALF_UP)
    )
    return number_format(redonda, decimales)


def _puntos(valor: float) -> str:
    """Points with as many decimals as they have, two at most."""
    entera = number_format(round(valor), 0)
    cifra = _cifra(valor)
    return entera if cifra == _cifra(round(valor)) else cifra.rstrip("0")


def _monto(centimos: float) -> str:
    """Bs with two decimals where they are not whole."""
    return en_bs(round(centimos))


def _comunidades() -> dict[int, str]:
    return {1: _("Pampa Alta"), 2: _("Río Seco"), 3: _("Molle Molle")}


def _demandas() -> dict[str, str]:
    return {
        "A": _("Mejorar el camino vecinal"),
        "B": _("Agua por cañería"),
        "C": _("Puesto de salud"),
        "D": _("Dos aulas para la escuela"),
        "E": _("Un atajado para riego"),
    }


def _criterios() -> dict[str, tuple[str, str]]:
    return {
        "habitantes": (
            _("Habitantes que se benefician"),
            _("Más es mejor. Su parte del mayor: el que más tiene vale 1, el que tiene la mitad, 0,5."),
        ),
        "puesto": (
            _("Puesto que acordó el taller"),
            _("Menos es mejor. Por puesto: el primero vale 1, el último 0, los demás a distancias iguales."),
        ),
        "contraparte": (_("La comunidad pone contraparte"), _("Sí vale 1, no vale 0.")),
    }
