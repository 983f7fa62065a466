"""A set and what is asked of it, run through a rule: the ranked list, what is in, the totals and the equity figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from demandas import priorizacion as motor
from demandas.mesa.conjunto import Conjunto, Fila
from demandas.mesa.pedido import Pedido
from demandas.models import Normalizacion, Regla, Sentido
from demandas.priorizacion import equidad
from demandas.priorizacion.tipos import Avance, Detener

# Columns travel to the browser as whole ten-thousandths; the server counts with the very same.
DIEZMILESIMAS = 10_000
REGLAS = {
    Regla.PUNTAJE: motor.Regla.POR_PUNTAJE,
    Regla.POR_BOLIVIANO: motor.Regla.POR_BOLIVIANO,
    Regla.MOCHILA: motor.Regla.MOCHILA,
    Regla.PARTES_IGUALES: motor.Regla.PARTES_IGUALES,
}
FORMAS = {
    Normalizacion.MIN_MAX: motor.Forma.MIN_MAX,
    Normalizacion.PROPORCION: motor.Forma.PROPORCION,
    Normalizacion.PUESTO: motor.Forma.PUESTO,
    Normalizacion.SI_NO: motor.Forma.SI_NO,
}
SENTIDOS = {Sentido.MAS: motor.Sentido.MAS, Sentido.MENOS: motor.Sentido.MENOS}
# Computed while the reader waits in the browser or on the server; the others of any size take a job.
EN_VIVO = (Regla.PUNTAJE, Regla.POR_BOLIVIANO)


@dataclass(frozen=True)
class Corrida:
    """The result over the set: `orden` are all demands, those that are in first."""

    pedido: Pedido
    conjunto: Conjunto
    columnas: Mapping[str, motor.Columna]
    puntajes: Mapping[int, float]
    resultado: motor.Resultado

    @cached_property
    def dentro(self) -> frozenset[int]:
        return frozenset(self.resultado.orden)

    @cached_property
    def orden(self) -> list[Fila]:
        """Those that are in, in the order of their score; then the others; without a cost, at the end."""
        return sorted(
            self.conjunto.filas,
            key=lambda f: (f.pk not in self.dentro, f.costo is None, -self.puntajes[f.pk], f.costo or 0, f.pk),
        )

    @property
    def gastado(self) -> int:
        return self.resultado.gastado

    @cached_property
    def por_distrito(self) -> dict[int | None, tuple[int, int]]:
        """District (None: in none) → céntimos and how many are in."""
        sumas: dict[int | None, tuple[int, int]] = {}
        for pk in self.resultado.orden:
            fila = self.conjunto.por_pk[pk]
            bs, cuantas = sumas.get(fila.distrito, (0, 0))
            sumas[fila.distrito] = (bs + (fila.costo or 0), cuantas + 1)
        return sumas

    @cached_property
    def resumen(self) -> dict[str, Any]:
        """Totals and equity figures, as JSON; money in céntimos."""
        unidades = [
            equidad.Unidad(d.pk, self.por_distrito.get(d.pk, (0, 0))[0], d.habitantes, d.nbi)
            for d in self.conjunto.distritos
        ]
        por_habitante = equidad.bs_por_habitante(unidades)
        grupos = equidad.parte_por_grupo(
            (self.conjunto.por_pk[pk].grupo, self.conjunto.por_pk[pk].costo or 0) for pk in self.resultado.orden
        )
        gini, tercio = equidad.gini(unidades), equidad.parte_del_tercio_pobre(unidades)
        return {
            "demandas": len(self.conjunto.filas),
            "entran": len(self.resultado.orden),
            "gastado": self.gastado,
            "queda": self.resultado.queda,
            "sin_costo": self.resultado.cuantas(motor.Codigo.SIN_COSTO),
            "distritos": [
                {
                    "id": d.pk,
                    "codigo": d.codigo,
                    "nombre": d.nombre,
                    "bs": self.por_distrito.get(d.pk, (0, 0))[0],
                    "entran": self.por_distrito.get(d.pk, (0, 0))[1],
                    "habitantes": d.habitantes,
                    "por_habitante": por_habitante[d.pk],
                }
                for d in self.conjunto.distritos
            ],
            "sin_distrito": {
                "bs": self.por_distrito.get(None, (0, 0))[0],
                "entran": self.por_distrito.get(None, (0, 0))[1],
            },
            "grupos": [[grupo, parte] for grupo, parte in grupos.items()],
            "gini": gini.valor,
            "tercio_pobre": tercio.valor,
            "optimo": self.resultado.optimo,
            "brecha": self.resultado.brecha,
            "pisos_sin_alcanzar": [
                {"distrito": p.distrito, "piso": p.piso, "gastado": p.gastado}
                for p in self.resultado.pisos_sin_alcanzar
            ],
            "sin_dato": {clave: columna.faltan for clave, columna in self.columnas.items()},
        }


def columnas_de(conjunto: Conjunto) -> dict[str, motor.Columna]:
    """The set's criteria as numbers from 0 to 1, in ten-thousandths."""
    columnas = {}
    for i, medida in enumerate(conjunto.medidas):
        columna = motor.normalizar(
            [fila.valores[i] for fila in conjunto.filas],
            FORMAS[Normalizacion(medida.normalizacion)],
            SENTIDOS[Sentido(medida.sentido)],
        )
        gruesa = np.rint(columna.valores * DIEZMILESIMAS) / DIEZMILESIMAS
        columnas[medida.clave] = motor.Columna(gruesa, columna.sin_dato)
    return columnas


def puntuar(conjunto: Conjunto, columnas: Mapping[str, motor.Columna], pesos: Mapping[str, int]) -> dict[int, float]:
    """Points from 0 to 100 by demand. Raises `NoSePuedePriorizar` where all weights are zero."""
    if not conjunto.filas:
        raise motor.NoSePuedePriorizar(motor.CodigoError.SIN_CANDIDATAS)
    puntos = motor.puntajes(columnas, pesos)
    return {fila.pk: float(p) for fila, p in zip(conjunto.filas, puntos, strict=True)}


def entrada_de(pedido: Pedido, conjunto: Conjunto, puntajes: Mapping[int, float], regla: str) -> motor.Entrada:
    """What the engine is given; pairs that name a demand outside of the set are refused, with its code."""
    votos = conjunto.votos if regla == Regla.PARTES_IGUALES else None
    if votos and not any(votos.apoyos.values()):
        raise motor.NoSePuedePriorizar(motor.CodigoError.SIN_VOTANTES)
    return motor.Entrada(
        regla=REGLAS[Regla(regla)],
        candidatas=tuple(
            motor.Candidata(
                clave=fila.pk,
                costo=fila.costo,
                puntaje=puntajes[fila.pk],
                distrito=None if fila.distrito is None else str(fila.distrito),
                apoyos=votos.apoyos.get(fila.pk, {}) if votos else None,
            )
            for fila in conjunto.filas
        ),
        limites=motor.Limites(
            techo=pedido.techo,
            pisos={str(d): monto for d, monto in pedido.pisos.items()},
            topes={str(d): monto for d, monto in pedido.topes.items()},
            incompatibles=frozenset(_par(par, conjunto) for par in pedido.incompatibles),
            requeridas=frozenset(_par(par, conjunto) for par in pedido.requeridas),
        ),
        votantes=votos.pesos if votos else None,
    )


def _par(par: tuple[str, str], conjunto: Conjunto) -> tuple[int, int]:
    for codigo in par:
        if codigo not in conjunto.por_codigo:
            raise motor.NoSePuedePriorizar(motor.CodigoError.PAR_DESCONOCIDO, demanda=codigo)
    return conjunto.por_codigo[par[0]], conjunto.por_codigo[par[1]]


def correr(
    pedido: Pedido,
    conjunto: Conjunto,
    *,
    regla: str = "",
    segundos: float | None = None,
    avance: Avance | None = None,
    detener: Detener | None = None,
) -> Corrida:
    """Run a rule (that of the request, unless told) over the set. Raises `NoSePuedePriorizar` and `Detenida`."""
    regla = regla or pedido.regla
    columnas = columnas_de(conjunto)
    puntajes = puntuar(conjunto, columnas, pedido.pesos)
    entrada = entrada_de(pedido, conjunto, puntajes, regla)
    if regla == Regla.MOCHILA and segundos is not None:
        entrada = motor.Entrada(
            entrada.regla, entrada.candidatas, entrada.limites, entrada.votantes, {"segundos": segundos}
        )
    resultado = motor.calcular(entrada, avance=avance, detener=detener)
    return Corrida(pedido, conjunto, columnas, puntajes, resultado)
