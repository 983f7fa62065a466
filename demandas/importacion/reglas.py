"""What no single cell tells: ranks given twice or skipped, more people than live there, demands stored already."""

from collections import defaultdict
from collections.abc import Iterable
from difflib import SequenceMatcher

from demandas import parecidas
from demandas.importacion.plan import NUEVA, FilaDemanda, Plan
from demandas.models import EstadoDemanda, Grupo, Rango
from demandas.services.flujo import CON_MOTIVO
from territorio.importacion.pedido_tabla import sectores_por_codigo
from territorio.importacion.texto import enumerar, normalizar
from territorio.models import Poblacion, UnidadTerritorial


def revisar(filas: list[FilaDemanda], plan: Plan) -> None:
    """Warn, row by row; nothing of this refuses a file."""
    censo = Poblacion.objects.ultimo_censo(plan.municipio)
    nombradas = UnidadTerritorial.objects.filter(pk__in={f.campos["proponente_id"] for f in filas})
    unidades = {u.pk: u for u in nombradas.con_habitantes(censo)}
    _rangos(filas, plan, unidades)
    _habitantes(filas, plan, unidades)
    _parecidas(filas, plan)
    _motivos(filas, plan)


def _motivos(filas: list[FilaDemanda], plan: Plan) -> None:
    """Who proposed what is sent back or refused reads why: a file that does not say it leaves that unanswered."""
    for fila in filas:
        if "estado" in fila.presentes and fila.campos["estado"] in CON_MOTIVO and not fila.motivo:
            plan.informe.aviso(
                f"la demanda viene como {EstadoDemanda(fila.campos['estado']).label} y no dice por qué.",
                "Ponga la razón en la columna «motivo»: es lo que leerá quien la propuso.",
                fila=fila.numero,
                campo="motivo",
                codigo="sin_motivo",
            )


def _rangos(filas: list[FilaDemanda], plan: Plan, unidades: dict[int, UnidadTerritorial]) -> None:
    """In one unit a group ranks from 1 on, each place once: over the rows of the file and what is stored besides."""
    del_archivo: dict[tuple[int, str], dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for fila in filas:
        for grupo, puesto in fila.rangos.items():
            if puesto is not None and fila.campos["proponente_id"]:
                del_archivo[fila.campos["proponente_id"], grupo][puesto].append(fila.numero)
    guardados = _rangos_guardados(del_archivo, {f.existente.pk for f in filas if f.existente})
    for (unidad, grupo), puestos in del_archivo.items():
        donde = f"{unidades[unidad]}, {Grupo(grupo).label}"
        ajenos = guardados.get((unidad, grupo), {})
        for puesto, numeros in sorted(puestos.items()):
            if len(numeros) > 1 or puesto in ajenos:
                ya = f", y lo tiene ya {ajenos[puesto]}" if puesto in ajenos else ""
                plan.informe.aviso(
                    f"{donde}: el puesto {puesto} está en {_filas(numeros)}{ya}.",
                    "Dé a cada demanda un puesto distinto.",
                    fila=numeros[0],
                    campo="puesto",
                    codigo="puesto_repetido",
                )
        dados = set(puestos) | set(ajenos)
        faltan = sorted(set(range(1, max(dados))) - dados)
        if faltan:
            numeros = sorted(n for varios in puestos.values() for n in varios)
            plan.informe.aviso(
                f"{donde}: falta el puesto {enumerar(faltan)} ({_filas(numeros)}).",
                "Revise si se saltó un puesto, o si falta una demanda en el archivo.",
                fila=numeros[0],
                campo="puesto",
                codigo="puesto_saltado",
            )


def _rangos_guardados(pares: Iterable[tuple[int, str]], menos: set[int]) -> dict[tuple[int, str], dict[int, str]]:
    """Places given already by these units: by unit and group, the code of the demand that holds each."""
    tomados: dict[tuple[int, str], dict[int, str]] = defaultdict(dict)
    rangos = (
        Rango.objects.filter(demanda__proponente__in={unidad for unidad, _grupo in pares})
        .exclude(demanda__in=menos)
        .exclude(demanda__estado__in=["devuelta", "rechazada", "unida"])
    )
    for unidad, grupo, puesto, codigo in rangos.values_list(
        "demanda__proponente", "grupo", "puesto", "demanda__codigo"
    ):
        tomados[unidad, grupo][puesto] = codigo
    return tomados


def _filas(numeros: list[int]) -> str:
    return f"la fila {numeros[0]}" if len(numeros) == 1 else f"las filas {enumerar(numeros)}"


def _habitantes(filas: list[FilaDemanda], plan: Plan, unidades: dict[int, UnidadTerritorial]) -> None:
    for fila in filas:
        unidad = unidades.get(fila.campos["proponente_id"])
        habitantes = unidad.habitantes if unidad else None
        personas = (fila.campos["beneficiarias_mujeres"] or 0) + (fila.campos["beneficiarios_hombres"] or 0)
        if habitantes is not None and personas > habitantes:
            plan.informe.aviso(
                f"dice {personas} personas que se benefician, y en {unidad} viven {habitantes:.0f}.",
                "Revise los beneficiarios, o si la demanda es de más de una comunidad.",
                fila=fila.numero,
                campo="mujeres, hombres",
                codigo="mas_que_habitantes",
            )


def _parecidas(filas: list[FilaDemanda], plan: Plan) -> None:
    nuevas = [f for f in filas if f.estado == NUEVA]
    halladas = parecidas.de_filas(plan.municipio, map(_para_comparar, nuevas))
    for fila in nuevas:
        if fila.numero not in halladas:
            continue
        pk, codigo, titulo, parecido = halladas[fila.numero]
        plan.informe.aviso(
            f"se parece a la demanda {codigo} «{titulo}» ({parecido:.0%}).".replace("%", " %"),
            "Mírela: si es la misma, deje esta fila fuera o únalas después.",
            fila=fila.numero,
            campo="titulo",
            codigo="parecida",
            detalle={"demanda": pk},
        )


def _para_comparar(fila: FilaDemanda) -> dict:
    forma = fila.campos["punto"] or fila.campos["linea"] or fila.campos["poligono"]
    centro = forma.centroid if forma is not None else None
    return {
        "numero": fila.numero,
        "sector": fila.campos["sector_id"],
        "unidad": fila.campos["proponente_id"],
        "titulo": fila.campos["titulo"],
        "lon": centro.x if centro else None,
        "lat": centro.y if centro else None,
    }


def proponer_sectores(plan: Plan) -> None:
    """For each word of the file that is no sector: its rows, and the sectors that are called most like it."""
    filas: dict[str, list[int]] = defaultdict(list)
    for problema in plan.informe.problemas:
        if problema.detalle.get("sector") and problema.fila is not None:
            filas[problema.detalle["sector"]].append(problema.fila)
    sectores = [(s.codigo, s.nombre) for s in sectores_por_codigo().values()]
    plan.informe.sugerencias["sectores"] = [
        {"palabra": palabra, "filas": numeros, "propuestos": _mas_cercanos(palabra, sectores)}
        for palabra, numeros in filas.items()
    ]


def _mas_cercanos(palabra: str, sectores: list[tuple[str, str]]) -> list[dict[str, str]]:
    """Three at most, by their letters or by sharing a whole word."""
    escrita = normalizar(palabra)
    notas = []
    for codigo, nombre in sectores:
        normal = normalizar(nombre)
        comunes = {p for p in escrita.split() if len(p) > 3} & set(normal.split())
        notas.append((SequenceMatcher(None, escrita, normal).ratio() + 0.5 * bool(comunes), codigo, nombre))
    mejores = sorted(notas, key=lambda n: (-n[0], n[1]))[:3]
    return [{"codigo": codigo, "nombre": nombre} for nota, codigo, nombre in mejores if nota >= 0.4]
