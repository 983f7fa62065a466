"""Why a demand is in or out, what would bring it in, and why a run cannot be made: codes of the engine, in words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from demandas.mesa.montos import en_bs
from demandas.priorizacion import Codigo, CodigoError, Fase, HariaFalta, NoSePuedePriorizar, Razon


@dataclass(frozen=True)
class Palabras:
    """How demands and districts are called in a sentence: by code, and by name of the district."""

    demandas: Mapping[int, str]
    distritos: Mapping[str, str] = field(default_factory=dict)

    def demanda(self, clave: int | None) -> str:
        return f"«{self.demandas.get(clave or 0, '?')}»"

    def distrito(self, clave: str | None) -> str:
        return self.distritos.get(clave or "", "?")


def guardada(razon: Razon, fase: Fase | None = None) -> dict[str, Any]:
    """A reason as JSON: what is not said is left out."""
    datos = {
        "codigo": str(razon.codigo),
        "falta": razon.falta,
        "contraparte": razon.contraparte,
        "con": razon.con,
        "distrito": razon.distrito,
        "fase": str(fase) if fase else None,
    }
    return {clave: valor for clave, valor in datos.items() if valor is not None}


def de_guardada(datos: Mapping[str, Any]) -> tuple[Razon, Fase | None]:
    fase = datos.get("fase")
    razon = Razon(
        Codigo(datos["codigo"]), datos.get("falta"), datos.get("contraparte"), datos.get("con"), datos.get("distrito")
    )
    return razon, Fase(fase) if fase else None


def por_que(razon: Razon, palabras: Palabras, fase: Fase | None = None) -> str:
    """One sentence: why it is in, or why it is out."""
    if razon.dentro:
        return _ENTRA[fase]() if fase in _ENTRA else _("Entra.")
    falta = en_bs(razon.falta) if razon.falta else ""
    datos = {"falta": falta, "con": palabras.demanda(razon.con), "distrito": palabras.distrito(razon.distrito)}
    frase = _FUERA[razon.codigo]
    if razon.codigo == Codigo.OTRA_COMBINACION and not razon.falta:
        return _("Cabe en lo que sobra, pero otra combinación suma más puntos.")
    return frase() % datos


def que_haria_falta(razon: Razon, palabras: Palabras) -> str:
    """What would bring it in, as far as the rule can promise; empty where it promises nothing."""
    if razon.dentro:
        return ""
    if razon.contraparte:
        return _("Entra si otros ponen %(bs)s.") % {"bs": en_bs(razon.contraparte)}
    frases = {
        Codigo.SIN_COSTO: lambda: _("Estime su costo."),
        Codigo.SIN_APOYO: lambda: _("Que una comunidad la pida o le dé un puesto."),
        Codigo.INCOMPATIBLE: lambda: _("Que no entre %(con)s, o que ya no se excluyan."),
        Codigo.FALTA_REQUERIDA: lambda: _("Que entre antes %(con)s."),
    }
    frase = frases.get(razon.codigo)
    return frase() % {"con": palabras.demanda(razon.con)} if frase else ""


def en_palabras(falta: HariaFalta, palabras: Palabras) -> list[str]:
    """Each thing that alone would bring a demand in."""
    frases = []
    if falta.imposible:
        return [_("Con estos límites ninguna selección la admite.")]
    if falta.contraparte is not None:
        frases.append(_("que otros pongan %(bs)s") % {"bs": en_bs(falta.contraparte)})
    if falta.techo is not None:
        frases.append(_("que haya %(bs)s más para repartir") % {"bs": en_bs(falta.techo)})
    if falta.puntaje is not None and falta.puntaje <= 100:
        # Rounded up: where a tie must be beaten, a hair above it is needed.
        puntos = ceil(round(falta.puntaje * 100, 4)) / 100
        frases.append(_("que llegue a %(puntos)s puntos") % {"puntos": number_format(puntos, 2)})
    if falta.ceder is not None:
        frases.append(_("que ceda su lugar %(con)s") % {"con": palabras.demanda(falta.ceder)})
    if falta.perdida is not None:
        frases.append(
            _("forzarla, y perder %(puntos)s puntos entre todas") % {"puntos": number_format(falta.perdida, 2)}
        )
    return frases


_ENTRA: dict[Fase | None, Callable[[], str]] = {
    Fase.PISO: lambda: _("Entra por el mínimo de su distrito."),
    Fase.REGLA: lambda: _("Entra por la regla."),
    Fase.COMPLETAR: lambda: _("Entra por puntaje, con lo que sobró del reparto."),
}
_FUERA: dict[Codigo, Callable[[], str]] = {
    Codigo.SIN_COSTO: lambda: _("No se sabe cuánto cuesta."),
    Codigo.SIN_APOYO: lambda: _("Ninguna comunidad que vota la pide."),
    Codigo.NO_ALCANZA: lambda: _("Cuando le tocó faltaban %(falta)s."),
    Codigo.TOPE_DE_DISTRITO: lambda: _("El máximo de %(distrito)s no alcanza: faltan %(falta)s."),
    Codigo.INCOMPATIBLE: lambda: _("No puede entrar junto con %(con)s, que entró."),
    Codigo.FALTA_REQUERIDA: lambda: _("Necesita %(con)s, que no entró."),
    Codigo.APOYO_INSUFICIENTE: lambda: _("A quienes la piden les faltan %(falta)s de su parte."),
    Codigo.OTRA_COMBINACION: lambda: _("Otra combinación suma más puntos; para que quepa faltan %(falta)s."),
}


# --- why nothing can be computed --------------------------------------------------------------------------------------
def por_que_no(error: NoSePuedePriorizar, palabras: Palabras) -> tuple[str, str]:
    """The field of the workbench that is amiss, and what to do about it."""
    campo, frase = _ERRORES.get(error.codigo, ("", lambda: _("Los datos del conjunto no se pueden comparar.")))
    datos = dict(error.datos)
    dichos = {
        "distrito": palabras.distrito(datos.get("distrito")),
        **{clave: en_bs(datos[clave]) for clave in ("techo", "suma", "piso", "tope", "monto") if clave in datos},
        "codigo": datos.get("demanda", "?"),
        "una": "?",
        "otra": "?",
        "cuales": "",
    }
    if par := datos.get("par"):
        dichos |= {"una": palabras.demanda(par[0]), "otra": palabras.demanda(par[1])}
    if claves := datos.get("claves"):
        dichos["cuales"] = ", ".join(palabras.demanda(clave) for clave in claves[:6])
    return campo, frase() % dichos


_ERRORES: dict[CodigoError, tuple[str, Callable[[], str]]] = {
    CodigoError.TECHO_NO_POSITIVO: ("techo", lambda: _("Escriba cuánto hay para repartir: más de Bs 0.")),
    CodigoError.SIN_CANDIDATAS: (
        "conjunto",
        lambda: _("No hay demandas en este conjunto: elija otro territorio, sector o estado."),
    ),
    CodigoError.PESOS_EN_CERO: ("pesos", lambda: _("Todos los pesos están en cero: dé peso al menos a un criterio.")),
    CodigoError.PESO_NEGATIVO: ("pesos", lambda: _("Un peso no puede ser negativo.")),
    CodigoError.VALOR_NO_VALIDO: (
        "pesos",
        lambda: _("Un criterio tiene valores que su forma de convertirlos no admite: cambie la forma o los valores."),
    ),
    CodigoError.PAR_DESCONOCIDO: ("pares", lambda: _("La demanda «%(codigo)s» no está en este conjunto.")),
    CodigoError.PARES_CONTRADICTORIOS: (
        "pares",
        lambda: _("%(una)s y %(otra)s se excluyen y a la vez se necesitan: quite uno de los pares."),
    ),
    CodigoError.REQUERIDAS_EN_CIRCULO: (
        "pares",
        lambda: _("Estas demandas se necesitan en círculo: %(cuales)s. Quite uno de los pares."),
    ),
    CodigoError.LIMITE_NEGATIVO: ("pisos", lambda: _("El mínimo o el máximo de %(distrito)s no puede ser negativo.")),
    CodigoError.PISO_SOBRE_TOPE: (
        "pisos",
        lambda: _("En %(distrito)s el mínimo (%(piso)s) pasa del máximo (%(tope)s)."),
    ),
    CodigoError.PISOS_SOBRE_TECHO: (
        "pisos",
        lambda: _("Los mínimos de los distritos suman %(suma)s, más que el techo de %(techo)s."),
    ),
    CodigoError.SIN_VOTANTES: (
        "votantes",
        lambda: _("Nadie vota en este conjunto: ninguna comunidad o grupo dio puestos a sus demandas."),
    ),
    CodigoError.NUMEROS_MUY_GRANDES: ("techo", lambda: _("Los montos son demasiado grandes para esta regla.")),
}


def plantillas() -> dict[str, dict[str, str]]:
    """The same sentences for the browser, which fills in what stands as `%(name)s`."""
    cabe = _("Cabe en lo que sobra, pero otra combinación suma más puntos.")
    return {
        "dentro": {str(fase): frase() for fase, frase in _ENTRA.items()},
        "razones": {str(codigo): frase() for codigo, frase in _FUERA.items()} | {"otra_combinacion_cabe": cabe},
        "errores": {str(codigo): frase() for codigo, (_campo, frase) in _ERRORES.items()},
        "campos": {str(codigo): campo for codigo, (campo, _frase) in _ERRORES.items()},
    }
