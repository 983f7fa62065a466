"""Import of inhabitants by census, sex and age band: one figure per row, or one row per unit with a column per band."""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from django.db import transaction

from territorio import cifras
from territorio.importacion import pedido_tabla as comun
from territorio.importacion import valores
from territorio.importacion.informe import Informe
from territorio.importacion.pedido_tabla import PedidoTabla
from territorio.importacion.tabla import Celdas, Tabla, asignar_columnas, leer_tabla
from territorio.importacion.texto import normalizar
from territorio.importacion.unidades import Buscador
from territorio.models import Poblacion, UnidadTerritorial

TOTAL = "total"
DESTINOS: dict[str, tuple[str, ...]] = {
    "unidad": ("codigo", "comunidad", "distrito", "otb"),
    "nivel": (),
    "censo": ("anio", "año"),
    "sexo": (),
    "grupo_edad": ("edad", "grupo de edad"),
    "personas": ("habitantes", "poblacion"),
    "municipio": (),
}
SEXOS = {
    "mujeres": "mujeres",
    "mujer": "mujeres",
    "f": "mujeres",
    "hombres": "hombres",
    "hombre": "hombres",
    "m": "hombres",
}
# Headers of a wide table: hombres_0_19, mujeres 60 y más …
_BANDA = re.compile(r"^(hombres|mujeres)\s+(.+)$")

# unit id, sex, age band
Clave = tuple[int, str, str]


@dataclass
class Plan:
    informe: Informe
    municipio: UnidadTerritorial | None = None
    cifras: dict[tuple[int, Clave], int] = field(default_factory=dict)


def planear(pedido: PedidoTabla, *, censo: int | None = None, simulado: bool = False) -> Plan:
    """Read the file and check each figure; `censo` stands for rows that do not say theirs. Writes nothing."""
    plan = Plan(Informe("Importación de población", pedido.archivo.name, simulado=simulado))
    informe = plan.informe
    plan.municipio, nivel = comun.resolver_destino(pedido, informe)
    if not informe.aceptable:
        return plan
    tabla = leer_tabla(pedido.archivo, pedido.lectura, informe)
    if not informe.aceptable:
        return plan
    bandas = {c: (m[1], m[2].replace(" ", "-")) for c in tabla.columnas if (m := _BANDA.match(normalizar(c)))}
    # Band columns answer for themselves: they are no fields to map.
    campos = asignar_columnas(Tabla([c for c in tabla.columnas if c not in bandas]), DESTINOS, pedido.columnas, informe)
    if informe.aceptable and ("unidad" not in campos or ("personas" not in campos and not bandas)):
        informe.error(
            "no se sabe qué columnas traen la unidad y sus habitantes.",
            f"Dígalo con --columnas COLUMNA=unidad COLUMNA=personas; hay: {', '.join(tabla.columnas)}.",
            codigo="sin_campos",
        )
    if informe.aceptable and "censo" not in campos and censo is None:
        informe.error("no se sabe de qué censo son las cifras.", "Dígalo con --censo AÑO.", codigo="sin_censo")
    if not informe.aceptable:
        return plan
    if bandas:
        informe.listas["columnas_por_sexo_y_edad"] = [f"{c} → {sexo}, {banda}" for c, (sexo, banda) in bandas.items()]
    buscador = Buscador(plan.municipio, informe, nivel)
    for fila in tabla.filas:
        _leer_fila(Celdas(fila, campos, informe), bandas, buscador, censo, plan)
    if informe.aceptable:
        _totales(plan)
        _comparar(plan)
    return plan


def _leer_fila(
    celdas: Celdas, bandas: dict[str, tuple[str, str]], buscador: Buscador, censo: int | None, plan: Plan
) -> None:
    if celdas.tiene("municipio"):
        comun.exigir_municipio(celdas, plan.municipio)
    numero = celdas.fila.numero
    if not celdas.tiene("unidad"):
        celdas.error("unidad", valores.ValorInvalido("no dice de qué unidad son los habitantes.", "Ponga su código."))
        return
    unidad = buscador.hallar(celdas.crudo("unidad"), celdas.crudo("nivel"), fila=numero, campo=celdas.campos["unidad"])
    if unidad is None:
        return
    anio = celdas.leer("censo", valores.entero, minimo=1900, maximo=2100) or censo
    if anio is None:
        celdas.error("censo", valores.ValorInvalido("la fila no dice el censo.", "Llene la celda o use --censo AÑO."))
        return
    sexo = celdas.leer("sexo", valores.uno_de, SEXOS | {TOTAL: TOTAL, "ambos": TOTAL}) or TOTAL
    grupo = celdas.leer("grupo_edad", valores.texto, 20) or TOTAL
    _anotar(plan, celdas, "personas", (anio, (unidad.pk, sexo, grupo)), celdas.leer("personas", valores.entero))
    for columna, (de_sexo, banda) in bandas.items():
        celdas.campos[columna] = columna
        _anotar(plan, celdas, columna, (anio, (unidad.pk, de_sexo, banda[:20])), celdas.leer(columna, valores.entero))


def _anotar(plan: Plan, celdas: Celdas, campo: str, clave: tuple[int, Clave], personas: int | None) -> None:
    if personas is None:
        return
    if clave in plan.cifras and plan.cifras[clave] != personas:
        celdas.error(campo, valores.ValorInvalido("esa cifra ya está en otra fila, con otro valor.", "Deje una sola."))
        return
    plan.cifras[clave] = personas


def _totales(plan: Plan) -> None:
    """A unit with figures by sex and age and no total gets their sum; a total that differs is said."""
    sumas: dict[tuple[int, int], int] = defaultdict(int)
    for (anio, (unidad, sexo, grupo)), personas in plan.cifras.items():
        if sexo != TOTAL and grupo != TOTAL:
            sumas[anio, unidad] += personas
    guardados = {
        (p.censo, p.unidad_id): p.personas
        for p in Poblacion.objects.totales().filter(unidad__in={unidad for _anio, unidad in sumas})
    }
    distintas = 0
    for (anio, unidad), suma in sumas.items():
        total = plan.cifras.get((anio, (unidad, TOTAL, TOTAL)), guardados.get((anio, unidad)))
        if total is None:
            plan.cifras[anio, (unidad, TOTAL, TOTAL)] = suma
        elif total != suma:
            distintas += 1
    if distintas:
        plan.informe.aviso(
            f"en {distintas} unidades el total no es la suma de sus grupos; se conservan ambos.",
            "Puede haber personas sin edad declarada.",
            codigo="total_distinto",
        )


def _comparar(plan: Plan) -> None:
    unidades = {clave[0] for _anio, clave in plan.cifras}
    guardadas = {
        (p.censo, (p.unidad_id, p.sexo, p.grupo_edad)): p.personas
        for p in Poblacion.objects.filter(unidad__in=unidades)
    }
    cuentas: Counter[str] = Counter()
    for clave, personas in list(plan.cifras.items()):
        anterior = guardadas.get(clave)
        cuentas["nuevas" if anterior is None else "iguales" if anterior == personas else "cambiadas"] += 1
        if anterior == personas:
            del plan.cifras[clave]
    plan.informe.cuentas |= {nombre: cuentas[nombre] for nombre in ("nuevas", "cambiadas", "iguales")}
    plan.informe.cuentas["unidades_con_cifra"] = len(unidades)


@transaction.atomic
def escribir(plan: Plan, pedido: PedidoTabla) -> None:
    """Store the plan's figures; all or nothing."""
    if not plan.informe.aceptable:
        raise ValueError("Un plan con errores no se escribe.")
    Poblacion.objects.bulk_create(
        [
            Poblacion(
                unidad_id=unidad,
                censo=anio,
                sexo=sexo,
                grupo_edad=grupo,
                personas=personas,
                fuente=pedido.fuente or plan.informe.archivo,
            )
            for (anio, (unidad, sexo, grupo)), personas in plan.cifras.items()
        ],
        batch_size=2000,
        update_conflicts=True,
        unique_fields=["unidad", "censo", "sexo", "grupo_edad"],
        update_fields=["personas", "fuente"],
    )
    cifras.recalcular([plan.municipio.pk])
    plan.informe.escrito = True
