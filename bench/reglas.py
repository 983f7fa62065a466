"""The rules of prioritisation, each beside its limit; equal shares beside `pabutools` on a real election."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from demandas.priorizacion import Candidata, Entrada, Limites, Regla, calcular, explicar

VECES = 3
REAL = Path("presupuesto_participativo") / "Poland_Warszawa_2021_Wawer.pb"
Fila = Callable[..., None]


def medir(fila: Fila) -> None:
    """Print a line for each thing measured; needs no database."""
    print("\nReglas de priorización.\n")
    _real(fila)
    for cuantas, comunidades, apoyan in ((5_000, 500, 0.02), (5_000, 500, 0.2)):
        entrada = _municipio(cuantas, comunidades, apoyan)
        deseos = sum(len(c.apoyos) for c in entrada.candidatas)
        que = f"partes iguales: {_n(cuantas)} demandas × {comunidades} comunidades, {_n(deseos)} apoyos"
        fila(que, _repetir(lambda e=entrada: calcular(e)), "s", limite=5)
    entrada = _municipio(2_000, 120, 0.05)
    for regla, que, limite in (
        (Regla.POR_PUNTAJE, "por puntaje", 0.1),
        (Regla.POR_BOLIVIANO, "por puntaje por Bs", 0.1),
        (Regla.MOCHILA, "mochila, óptimo exacto", 5),
    ):
        otra = Entrada(regla, entrada.candidatas, entrada.limites)
        fila(f"{que}: 2.000 demandas", _repetir(lambda e=otra: calcular(e)), "s", limite=limite)
    techo = entrada.limites.techo
    distritos = {c.distrito for c in entrada.candidatas}
    limites = Limites(techo, dict.fromkeys(distritos, techo // 20), dict.fromkeys(distritos, techo // 6))
    otra = Entrada(Regla.MOCHILA, entrada.candidatas, limites)
    fila("mochila con pisos y topes: 2.000 demandas", _repetir(lambda: calcular(otra)), "s", limite=5)
    voraz = Entrada(Regla.POR_PUNTAJE, entrada.candidatas, limites)
    hecho = calcular(voraz)
    fuera = next(k for k, r in hecho.razones.items() if not r.dentro)
    fila("qué haría falta para que entre una, de 2.000", _repetir(lambda: explicar(hecho, fuera)), "s", limite=5)


def _real(fila: Fila) -> None:
    archivo = Path(os.environ.get("MINKA_DATOS", "../shared/datos")) / REAL
    if not archivo.exists():
        print(f"No está {archivo} (MINKA_DATOS): no se mide la elección real.")
        return
    try:
        from pabutools.election import Cost_Sat, parse_pabulib
        from pabutools.rules import method_of_equal_shares
        from pabutools.tiebreaking import TieBreakingRule
    except ImportError:
        print("pabutools no está instalado: no se compara.")
        return
    instancia, perfil = parse_pabulib(str(archivo))
    apoyos: dict[int, dict[int, int]] = {int(p.name): {} for p in instancia}
    for votante, boleta in enumerate(perfil):
        for p in boleta:
            apoyos[int(p.name)][votante] = 1
    cands = {
        int(p.name): Candidata(int(p.name), int(p.cost), float(len(apoyos[int(p.name)])), None, apoyos[int(p.name)])
        for p in instancia
    }
    entrada = Entrada(
        Regla.PARTES_IGUALES,
        tuple(cands.values()),
        Limites(int(instancia.budget_limit)),
        dict.fromkeys(range(len(perfil)), 1),
        {"satisfaccion": "costo", "completar": "ninguna"},
    )
    empate = TieBreakingRule(lambda i, p, x: cands[int(x.name)].desempate)

    def suyo() -> tuple[int, ...]:
        elegidas = method_of_equal_shares(instancia, perfil, sat_class=Cost_Sat, tie_breaking=empate)
        return tuple(int(p.name) for p in elegidas)

    nuestra, de_otros = _repetir(lambda: calcular(entrada)), _repetir(suyo)
    fila(f"partes iguales: Wawer 2021, {len(cands)} proyectos, {_n(len(perfil))} votantes", nuestra, "s")
    fila("   pabutools, lo mismo", de_otros, "s")
    fila("   nuestra / pabutools", [n / o for n, o in zip(nuestra, de_otros, strict=True)], "×", limite=1)
    print("   eligen lo mismo, en el mismo orden:", "sí" if calcular(entrada).orden == suyo() else "NO")


def _municipio(cuantas: int, comunidades: int, apoyan: float) -> Entrada:
    """An invented municipality: costs as works have them, each demand wanted by a part of the communities."""
    azar = np.random.default_rng(cuantas)
    habitantes = {v: int(n) for v, n in enumerate(azar.integers(40, 3_000, comunidades))}
    cands = []
    for clave in range(cuantas):
        quienes = azar.choice(comunidades, size=max(1, azar.binomial(comunidades, apoyan)), replace=False)
        deseos = azar.integers(1, 6, len(quienes))
        apoyos = dict(zip(quienes.tolist(), deseos.tolist(), strict=True))
        costo, puntaje = int(azar.lognormal(11.5, 1)) * 100, round(float(azar.uniform(0, 100)), 6)
        cands.append(Candidata(clave, costo, puntaje, f"D{clave % 9}", apoyos))
    techo = sum(c.costo for c in cands) // 5
    return Entrada(Regla.PARTES_IGUALES, tuple(cands), Limites(techo), habitantes)


def _repetir(que: Callable[[], object]) -> list[float]:
    tiempos = []
    for _ in range(VECES):
        inicio = time.perf_counter()
        que()
        tiempos.append(time.perf_counter() - inicio)
    return tiempos


def _n(numero: int) -> str:
    return f"{numero:,}".replace(",", ".")
