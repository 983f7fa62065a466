"""Small sets of candidates, made so that ties, floors and pairs happen often."""

from itertools import combinations

from hypothesis import strategies as st

from demandas.priorizacion import Candidata, CodigoError, Entrada, Limites, NoSePuedePriorizar, Regla
from demandas.priorizacion.revision import revisar

DISTRITOS = ("D1", "D2", "D3")
VORACES = (Regla.POR_PUNTAJE, Regla.POR_BOLIVIANO)


@st.composite
def candidatas(draw, minimo=1, maximo=9, votantes=5):
    cuantas = draw(st.integers(minimo, maximo))
    deseos = st.dictionaries(st.integers(0, votantes - 1), st.integers(1, 3), max_size=votantes)
    return tuple(
        Candidata(
            clave,
            draw(st.one_of(st.integers(1, 12), st.none() if clave == 7 else st.integers(1, 4))),
            draw(st.one_of(st.integers(0, 6).map(float), st.floats(0, 100, width=32))),
            draw(st.sampled_from([*DISTRITOS, None])),
            draw(deseos),
        )
        for clave in draw(st.permutations(range(cuantas)))
    )


@st.composite
def limites(draw, cands):
    claves = sorted(c.clave for c in cands)
    techo = draw(st.integers(1, 40))
    pisos = draw(st.dictionaries(st.sampled_from(DISTRITOS), st.integers(0, max(1, techo // 3)), max_size=3))
    topes = draw(st.dictionaries(st.sampled_from(DISTRITOS), st.integers(0, techo), max_size=3))
    topes = {d: max(t, pisos.get(d, 0)) for d, t in topes.items()}
    par = st.tuples(st.sampled_from(claves), st.sampled_from(claves)).filter(lambda p: p[0] != p[1])
    pares = st.frozensets(par, max_size=3) if len(claves) > 1 else st.just(frozenset())
    return Limites(techo, pisos, topes, draw(pares), draw(pares))


@st.composite
def entradas(draw, reglas=VORACES, con_limites=True, **como):
    cands = draw(candidatas(**como))
    lim = draw(limites(cands)) if con_limites else Limites(draw(st.integers(1, 40)))
    regla = draw(st.sampled_from(reglas))
    votantes = parametros = None
    if regla == Regla.PARTES_IGUALES:
        votantes = {v: draw(st.integers(1, 4)) for v in range(como.get("votantes", 5))}
        parametros = {
            "satisfaccion": draw(st.sampled_from(["apoyo", "costo"])),
            "completar": draw(st.sampled_from(["ninguna", "por_puntaje", "aumento"])),
            "pasos": 4,
        }
    entrada = Entrada(regla, cands, lim, votantes, parametros or {})
    try:
        revisar(entrada)
    except NoSePuedePriorizar as e:
        assert e.codigo in (
            CodigoError.PARES_CONTRADICTORIOS,
            CodigoError.REQUERIDAS_EN_CIRCULO,
            CodigoError.PISOS_SOBRE_TECHO,
        )
        return draw(st.just(Entrada(regla, cands, Limites(lim.techo), votantes, parametros or {})))
    return entrada


def permitidas(cands, limites):
    """Every selection within all limits but the floors."""
    for cuantas in range(len(cands) + 1):
        for grupo in combinations(cands, cuantas):
            dentro = {c.clave for c in grupo}
            if sum(c.costo for c in grupo) > limites.techo:
                continue
            if any(sum(c.costo for c in grupo if c.distrito == d) > t for d, t in limites.topes.items()):
                continue
            if any(a in dentro and b in dentro for a, b in limites.incompatibles):
                continue
            if any(a in dentro and b not in dentro for a, b in limites.requeridas):
                continue
            yield dentro
