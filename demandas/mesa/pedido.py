"""What the workbench is asked: the set, the money, the weights and the limits, read from an address or from a stored run."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from demandas.criterios import del_municipio
from demandas.mesa.montos import MontoIlegible, en_bs, leer_monto
from demandas.models import Criterio, EstadoDemanda, Grupo, Regla
from territorio.models import Nivel, Sector, UnidadTerritorial

E = EstadoDemanda
PARAMETROS = (
    "unidad", "sector", "estado", "grupo", "techo", "regla", "contra", "pesos", "pisos", "topes", "incompatibles",
    "requeridas", "votantes",
)  # fmt: skip
ESTADOS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "por_priorizar": (gettext_lazy("validadas y priorizadas en su distrito"), (E.VALIDADA, E.PRIORIZADA_DISTRITO)),
    "validada": (gettext_lazy("solo validadas"), (E.VALIDADA,)),
    "priorizada_distrito": (gettext_lazy("solo priorizadas en su distrito"), (E.PRIORIZADA_DISTRITO,)),
    "abiertas": (
        gettext_lazy("todas las que esperan, también sin validar"),
        (E.REGISTRADA, E.VALIDADA, E.PRIORIZADA_DISTRITO, E.PRIORIZADA_MUNICIPIO),
    ),
    "vigentes": (
        gettext_lazy("todas, también las que ya están en un plan"),
        tuple(e for e in E.values if e not in (E.DEVUELTA, E.RECHAZADA, E.UNIDA)),
    ),
}
POR_PRIORIZAR = "por_priorizar"
VOTANTES = {
    "comunidades": gettext_lazy("comunidades, según sus habitantes"),
    "grupos": gettext_lazy("grupos de cada comunidad"),
}
# Districts, as floors, ceilings and equity mean them: the first of these levels that the municipality has.
NIVELES_DE_DISTRITO = ("distrito", "macrodistrito", "canton")
PARES_MAXIMOS = 40


@dataclass(frozen=True)
class Pedido:
    """What is asked; money in céntimos, districts by id, pairs by code of demand. `errores` say what could not be read."""

    municipio: UnidadTerritorial
    criterios: tuple[Criterio, ...]
    nivel: Nivel | None
    unidad: UnidadTerritorial | None = None
    sector: str = ""
    estado: str = POR_PRIORIZAR
    grupo: str = ""
    techo: int = 0
    regla: str = Regla.PUNTAJE
    contra: str = ""
    pesos: Mapping[str, int] = field(default_factory=dict)
    pisos: Mapping[int, int] = field(default_factory=dict)
    topes: Mapping[int, int] = field(default_factory=dict)
    incompatibles: tuple[tuple[str, str], ...] = ()
    requeridas: tuple[tuple[str, str], ...] = ()
    votantes: str = "comunidades"
    errores: Mapping[str, str] = field(default_factory=dict)
    crudos: Mapping[str, str] = field(default_factory=dict)

    @property
    def estados(self) -> tuple[str, ...]:
        return ESTADOS[self.estado][1]

    def con(self, **cambios: Any) -> "Pedido":
        return replace(self, **cambios)

    def parametros(self) -> dict[str, str]:
        """As a query string holds it; what is at its default is left out."""
        iniciales = {c.clave: c.peso for c in self.criterios}
        valores = {
            "municipio": self.municipio.codigo,
            "unidad": str(self.unidad.pk) if self.unidad else "",
            "sector": self.sector,
            "estado": self.estado if self.estado != POR_PRIORIZAR else "",
            "grupo": self.grupo,
            "techo": self.crudos.get("techo") or en_bs(self.techo, con_bs=False) if self.techo or self.crudos else "",
            "regla": self.regla if self.regla != Regla.PUNTAJE else "",
            "contra": self.contra,
            "pesos": "" if dict(self.pesos) == iniciales else _pesos(self.pesos),
            "pisos": _por_distrito(self.pisos),
            "topes": _por_distrito(self.topes),
            "incompatibles": _pares(self.incompatibles),
            "requeridas": _pares(self.requeridas),
            "votantes": self.votantes if self.votantes != "comunidades" else "",
        }
        return {clave: valor for clave, valor in valores.items() if valor}

    def query(self, **cambios: str) -> str:
        return urlencode({clave: valor for clave, valor in (self.parametros() | cambios).items() if valor})

    def guardado(self) -> dict[str, Any]:
        """What a run stores of it in `parametros`, beside rule and ceiling."""
        return {
            "unidad": self.unidad.pk if self.unidad else None,
            "sector": self.sector,
            "estado": self.estado,
            "grupo": self.grupo,
            "pesos": dict(self.pesos),
            "pisos": {str(d): monto for d, monto in self.pisos.items()},
            "topes": {str(d): monto for d, monto in self.topes.items()},
            "incompatibles": [list(par) for par in self.incompatibles],
            "requeridas": [list(par) for par in self.requeridas],
            "votantes": self.votantes,
        }


def nivel_de_distritos(municipio: UnidadTerritorial) -> Nivel | None:
    propias = UnidadTerritorial.objects.filter(municipio=municipio, nivel__codigo__in=NIVELES_DE_DISTRITO).vigentes()
    hay = set(propias.order_by().values_list("nivel__codigo", flat=True).distinct())
    codigo = next((codigo for codigo in NIVELES_DE_DISTRITO if codigo in hay), None)
    return Nivel.objects.get(codigo=codigo) if codigo else None


def leer_pedido(datos: Mapping[str, str], municipio: UnidadTerritorial, *, techo_inicial: int = 0) -> Pedido:
    """Read an address (see `PARAMETROS`); what makes no sense is told in `errores`, by parameter, and left out."""
    lector = _Lector(datos, municipio)
    criterios = tuple(del_municipio(municipio))
    techo = lector.monto("techo") if lector.texto("techo") else techo_inicial
    return Pedido(
        municipio=municipio,
        criterios=criterios,
        nivel=lector.nivel,
        unidad=lector.unidad(),
        sector=lector.uno("sector", Sector.objects.values_list("codigo", flat=True)),
        estado=lector.uno("estado", ESTADOS) or POR_PRIORIZAR,
        grupo=lector.uno("grupo", Grupo.values),
        techo=techo,
        regla=lector.uno("regla", Regla.values) or Regla.PUNTAJE,
        contra=lector.uno("contra", Regla.values),
        pesos=lector.pesos(criterios),
        pisos=lector.por_distrito("pisos"),
        topes=lector.por_distrito("topes"),
        incompatibles=lector.pares("incompatibles"),
        requeridas=lector.pares("requeridas"),
        votantes=lector.uno("votantes", VOTANTES) or "comunidades",
        errores=lector.errores,
        crudos={clave: lector.texto(clave) for clave in lector.errores},
    )


class _Lector:
    """Reads one parameter at a time and keeps what it could not understand."""

    def __init__(self, datos: Mapping[str, str], municipio: UnidadTerritorial) -> None:
        self._datos, self._municipio = datos, municipio
        self.errores: dict[str, str] = {}
        self.nivel = nivel_de_distritos(municipio)

    def texto(self, clave: str) -> str:
        return (self._datos.get(clave) or "").replace("\x00", "").strip()[:2000]

    def uno(self, clave: str, permitidos) -> str:
        valor = self.texto(clave)
        if valor and valor not in set(map(str, permitidos)):
            self.errores[clave] = _("«%(valor)s» no existe.") % {"valor": valor[:40]}
            return ""
        return valor

    def monto(self, clave: str) -> int:
        try:
            centimos = leer_monto(self.texto(clave))
        except MontoIlegible as error:
            self.errores[clave] = str(error)
            return 0
        if not centimos:
            self.errores[clave] = _("Con Bs 0 no entra ninguna: escriba cuánto hay para repartir.")
        return centimos

    def unidad(self) -> UnidadTerritorial | None:
        valor = self.texto("unidad")
        if not valor:
            return None
        propias = UnidadTerritorial.objects.filter(municipio=self._municipio).select_related("nivel")
        hallada = (
            propias.filter(pk=int(valor)).first() if valor.isascii() and valor.isdecimal() and len(valor) < 19 else None
        )
        if hallada is None:
            self.errores["unidad"] = _("Esa unidad no es de este municipio.")
        return hallada

    def pesos(self, criterios: tuple[Criterio, ...]) -> dict[str, int]:
        pesos = {criterio.clave: criterio.peso for criterio in criterios}
        if not (texto := self.texto("pesos")):
            return pesos
        pesos = dict.fromkeys(pesos, 0)
        for parte in texto.split(","):
            clave, _dos, valor = parte.strip().partition(":")
            if clave not in pesos or not (
                valor.isascii() and valor.isdecimal() and len(valor) <= 3 and int(valor) <= 100
            ):
                self.errores["pesos"] = _("«%(parte)s» no es un criterio con su peso de 0 a 100.") % {
                    "parte": parte[:60]
                }
                continue
            pesos[clave] = int(valor)
        return pesos

    def por_distrito(self, clave: str) -> dict[int, int]:
        montos: dict[int, int] = {}
        suyos = set()
        if self.texto(clave) and self.nivel:
            suyos = set(
                UnidadTerritorial.objects.filter(municipio=self._municipio, nivel=self.nivel).values_list(
                    "pk", flat=True
                )
            )
        for parte in filter(None, (p.strip() for p in self.texto(clave).split(";"))):
            distrito, _igual, monto = parte.partition("=")
            try:
                if not (distrito.isascii() and distrito.isdecimal()) or int(distrito) not in suyos:
                    raise MontoIlegible(_("Ese distrito no es de este municipio."))
                montos[int(distrito)] = leer_monto(monto)
            except MontoIlegible as error:
                self.errores[clave] = str(error)
        return montos

    def pares(self, clave: str) -> tuple[tuple[str, str], ...]:
        pares = []
        for parte in filter(None, (p.strip() for p in self.texto(clave).replace("\n", ";").split(";"))):
            una, _con, otra = (p.strip() for p in parte.partition("~"))
            if not una or not otra:
                self.errores[clave] = _("«%(parte)s» no es un par: escriba dos códigos con ~ entre ellos.") % {
                    "parte": parte[:80]
                }
                continue
            pares.append((una[:80], otra[:80]))
        if len(pares) > PARES_MAXIMOS:
            self.errores[clave] = _("Son demasiados pares: hasta %(n)s.") % {"n": PARES_MAXIMOS}
        return tuple(pares[:PARES_MAXIMOS])


def _pesos(pesos: Mapping[str, int]) -> str:
    return ",".join(f"{clave}:{peso}" for clave, peso in pesos.items() if peso) or ",".join(
        f"{clave}:0" for clave in list(pesos)[:1]
    )


def _por_distrito(montos: Mapping[int, int]) -> str:
    return ";".join(f"{distrito}={en_bs(monto, con_bs=False)}" for distrito, monto in montos.items())


def _pares(pares: tuple[tuple[str, str], ...]) -> str:
    return ";".join(f"{una}~{otra}" for una, otra in pares)
