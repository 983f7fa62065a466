"""A result as people read it: its list with reasons, its sums, two of them side by side."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from demandas import razones
from demandas.mesa.conjunto import Conjunto
from demandas.mesa.corrida import Corrida
from demandas.mesa.montos import a_centimos, en_bs
from demandas.models import Demanda, Grupo, Priorizacion, Regla
from demandas.services.priorizacion import palabras, palabras_de
from mapas.nombres import en_su_idioma

AMBAS, SOLO_A, SOLO_B, NINGUNA = "ambas", "solo_a", "solo_b", "ninguna"


@dataclass(frozen=True, slots=True)
class Renglon:
    """One demand of a list; `costo` in céntimos."""

    puesto: int
    pk: int
    codigo: str
    titulo: str
    proponente: str
    distrito: str
    grupo: str
    costo: int | None
    puntaje: float
    entra: bool
    por_que: str
    haria_falta: str

    @property
    def en_bs(self) -> str:
        return en_bs(self.costo, con_bs=False) if self.costo else ""


@dataclass(frozen=True)
class Hoja:
    """A result with its list: those that are in first. `ocultas` are demands that this reader may not see."""

    nombre: str
    regla: str
    techo: int
    renglones: list[Renglon]
    resumen: Mapping[str, Any]
    como: list[str]
    ocultas: int = 0

    @property
    def frase(self) -> str:
        con_algo = sum(1 for d in self.resumen["distritos"] if d["entran"])
        entran = self.resumen["entran"]
        frase = ngettext(
            "Con %(bs)s entra %(n)s de %(todas)s demandas", "Con %(bs)s entran %(n)s de %(todas)s demandas", entran
        ) % {
            "bs": en_bs(self.techo),
            "n": number_format(entran, force_grouping=True),
            "todas": number_format(self.resumen["demandas"], force_grouping=True),
        }
        if len(self.resumen["distritos"]) < 2:
            return frase
        reciben = ngettext(
            "; %(n)s de %(todos)s distritos recibe algo", "; %(n)s de %(todos)s distritos reciben algo", con_algo
        )
        return frase + reciben % {
            "n": con_algo,
            "todos": len(self.resumen["distritos"]),
        }

    @property
    def dentro(self) -> list[Renglon]:
        return [r for r in self.renglones if r.entra]

    @property
    def fuera(self) -> list[Renglon]:
        return [r for r in self.renglones if not r.entra and r.costo]

    @property
    def sin_costo(self) -> list[Renglon]:
        return [r for r in self.renglones if not r.entra and not r.costo]

    @property
    def gastado(self) -> str:
        return en_bs(self.resumen["gastado"])

    @property
    def queda(self) -> str:
        return en_bs(self.resumen["queda"])

    @property
    def equidad(self) -> dict[str, Any]:
        """The figures with what is needed to draw them: districts with their share of the largest, groups by name."""
        mayor = max((d["por_habitante"] or 0 for d in self.resumen["distritos"]), default=0) or 1
        return {
            "entre_varios": len(self.resumen["distritos"]) > 1,
            "gini": self.resumen["gini"],
            "tercio": None if self.resumen["tercio_pobre"] is None else 100 * self.resumen["tercio_pobre"],
            "distritos": [
                d | {"parte": round(100 * (d["por_habitante"] or 0) / mayor, 1), "en_bs": en_bs(d["bs"])}
                for d in self.resumen["distritos"]
            ],
            "grupos": [
                (str(Grupo(grupo).label) if grupo else _("sin grupo"), 100 * parte)
                for grupo, parte in self.resumen["grupos"]
            ],
        }


def hoja_de_vista(corrida: Corrida, regla: str) -> Hoja:
    """What the workbench shows, as a list."""
    dichas = palabras(corrida.conjunto)
    distritos = {d.pk: d.nombre for d in corrida.conjunto.distritos}
    fases = {paso.clave: paso.fase for paso in corrida.resultado.pasos}
    renglones = []
    for puesto, fila in enumerate(corrida.orden, 1):
        razon = corrida.resultado.razones[fila.pk]
        renglones.append(
            Renglon(
                puesto,
                fila.pk,
                fila.codigo,
                fila.titulo,
                fila.proponente,
                distritos.get(fila.distrito or 0, ""),
                str(Grupo(fila.grupo).label),
                fila.costo,
                corrida.puntajes[fila.pk],
                fila.pk in corrida.dentro,
                razones.por_que(razon, dichas, fases.get(fila.pk)),
                razones.que_haria_falta(razon, dichas),
            )
        )
    etiqueta = str(Regla(regla).label)
    return Hoja(
        etiqueta,
        etiqueta,
        corrida.pedido.techo,
        renglones,
        corrida.resumen,
        como_se_calculo(regla, corrida.pedido.pesos, corrida.conjunto, corrida.pedido.votantes),
    )


def hoja_de_guardada(corrida: Priorizacion, usuario) -> Hoja:
    """A stored run, as far as this reader may see its demands."""
    dichas = palabras_de(corrida)
    conjunto = Conjunto.de_guardado(corrida.entradas)
    distritos = {d.pk: d.nombre for d in conjunto.distritos}
    del_distrito = {f.pk: f.distrito for f in conjunto.filas}
    visibles = Demanda.objects.visibles_para(usuario).filter(municipio=corrida.municipio_id)
    resultados = corrida.resultados.filter(demanda__in=visibles.order_by().values("pk")).select_related(
        "demanda__proponente"
    )
    renglones = []
    for r in resultados.order_by("puesto"):
        razon, fase = razones.de_guardada(r.razon)
        renglones.append(
            Renglon(
                r.puesto,
                r.demanda_id,
                r.demanda.codigo,
                r.demanda.titulo,
                r.demanda.proponente.nombre if r.demanda.proponente else "",
                distritos.get(del_distrito.get(r.demanda_id) or 0, ""),
                str(r.demanda.get_grupo_display()),
                a_centimos(r.costo) if r.costo else None,
                r.puntaje or 0.0,
                r.entra,
                razones.por_que(razon, dichas, fase),
                razones.que_haria_falta(razon, dichas),
            )
        )
    return Hoja(
        corrida.nombre,
        str(corrida.get_regla_display()),
        a_centimos(corrida.techo),
        renglones,
        corrida.resumen,
        como_se_calculo(corrida.regla, corrida.parametros["pesos"], conjunto, corrida.parametros["votantes"]),
        ocultas=corrida.resumen["demandas"] - len(renglones),
    )


def como_se_calculo(regla: str, pesos: Mapping[str, int], conjunto: Conjunto, votantes: str) -> list[str]:
    """In three lines: what a score is made of, how the rule chooses, what breaks a tie."""
    suma = sum(pesos.values()) or 1
    partes = [
        f"{en_su_idioma(m.nombre)} {number_format(100 * pesos[m.clave] / suma, 0)} %"
        for m in sorted(conjunto.medidas, key=lambda m: -pesos.get(m.clave, 0))
        if pesos.get(m.clave)
    ]
    reglas = {
        Regla.PUNTAJE: _("Se recorre la lista de mayor a menor puntaje y entra lo que alcanza; lo que no, se salta."),
        Regla.POR_BOLIVIANO: _("Se recorre la lista por puntos que da cada boliviano y entra lo que alcanza."),
        Regla.MOCHILA: _("De todas las combinaciones que alcanzan se toma la que suma más puntos."),
        Regla.PARTES_IGUALES: _(
            "El dinero se reparte por igual entre quienes votan (%(votan)s) y entra lo que sus votantes pueden pagar"
            " juntos; con lo que sobra, lo de mayor puntaje."
        )
        % {"votan": _("grupos de cada comunidad") if votantes == "grupos" else _("comunidades, según sus habitantes")},
    }
    return [
        _("Puntaje de 0 a 100: %(partes)s.") % {"partes": ", ".join(partes)},
        reglas[Regla(regla)],
        _("En un empate va primero la de mayor puntaje, después la más barata, después la registrada antes."),
    ]


# --- two side by side ---------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Par:
    """One demand in two results."""

    a: Renglon | None
    b: Renglon | None

    @property
    def cual(self) -> Renglon:
        uno = self.a or self.b
        assert uno is not None
        return uno

    @property
    def clase(self) -> str:
        en_a, en_b = bool(self.a and self.a.entra), bool(self.b and self.b.entra)
        return AMBAS if en_a and en_b else SOLO_A if en_a else SOLO_B if en_b else NINGUNA


def comparadas(a: Hoja, b: Hoja) -> dict[str, list[Par]]:
    """Both, only the first, only the second, neither: each in the order of the first list."""
    de_a, de_b = {r.pk: r for r in a.renglones}, {r.pk: r for r in b.renglones}
    clases: dict[str, list[Par]] = {AMBAS: [], SOLO_A: [], SOLO_B: [], NINGUNA: []}
    for pk in [*de_a, *(pk for pk in de_b if pk not in de_a)]:
        par = Par(de_a.get(pk), de_b.get(pk))
        clases[par.clase].append(par)
    return clases
