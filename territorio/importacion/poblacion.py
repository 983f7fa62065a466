"""Import of inhabitants by census, sex and age band: one figure per row, or one row per unit with a column per band."""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Q

from territorio import edades
from territorio.edades import SIN_EDAD, TOTAL
from territorio.importacion import pedido_tabla as comun
from territorio.importacion import valores
from territorio.importacion.informe import Informe
from territorio.importacion.pedido_tabla import PedidoTabla
from territorio.importacion.tabla import Celdas, Tabla, asignar_columnas, leer_tabla
from territorio.importacion.texto import normalizar
from territorio.importacion.unidades import Buscador
from territorio.models import Poblacion, UnidadTerritorial

DESTINOS: dict[str, tuple[str, ...]] = {
    "unidad": ("codigo", "comunidad", "distrito", "otb", "municipio_codigo"),
    "nivel": (),
    "censo": ("anio", "año"),
    "sexo": (),
    "grupo_edad": ("edad", "grupo de edad"),
    "personas": ("habitantes", "poblacion", "poblacion total", "total"),
    "preliminar": (),
    "municipio": (),
}
MUJERES, HOMBRES = "mujeres", "hombres"
SEXOS = {
    **dict.fromkeys(("mujeres", "mujer", "f", "fem", "femenino", "femenina"), MUJERES),
    **dict.fromkeys(("hombres", "hombre", "h", "masc", "masculino", "varones", "varon", "varón"), HOMBRES),
    **dict.fromkeys((TOTAL, "ambos", "ambos sexos", "todos"), TOTAL),
}
SI_NO = {"si": "si", "sí": "si", "s": "si", "1": "si", "true": "si", "no": "no", "n": "no", "0": "no", "false": "no"}
_CON_SEXO = re.compile(r"(?:(mujeres|mujer|hombres|hombre|varones) )(.+)|(.+?) (mujeres|mujer|hombres|hombre|varones)")
GRUPO_MAXIMO = 20
NOMBRADAS = 6

# unit id, sex, age band
Clave = tuple[int, str, str]


@dataclass
class Plan:
    informe: Informe
    municipio: UnidadTerritorial | None = None
    cifras: dict[tuple[int, Clave], int] = field(default_factory=dict)
    preliminares: set[tuple[int, Clave]] = field(default_factory=set)
    nombres: dict[int, UnidadTerritorial] = field(default_factory=dict)
    # Figures of the same people by other bands, which these replace.
    sobran: list[int] = field(default_factory=list)


def planear(pedido: PedidoTabla, *, censo: int | None = None, preliminar: bool = False, simulado: bool = False) -> Plan:
    """Read the file and check each figure; `censo` stands for rows that do not say theirs. Writes nothing."""
    plan = Plan(Informe("Importación de población", pedido.archivo.name, simulado=simulado))
    informe = plan.informe
    plan.municipio, nivel = comun.resolver_destino(pedido, informe)
    if not informe.aceptable:
        return plan
    tabla = leer_tabla(pedido.archivo, pedido.lectura, informe)
    if not informe.aceptable:
        return plan
    propias = set(pedido.columnas) | {n for d, alias in DESTINOS.items() for n in (d, *alias)}
    bandas = columnas_de_bandas([c for c in tabla.columnas if normalizar(c) not in {normalizar(p) for p in propias}])
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
        informe.listas["columnas_por_sexo_y_edad"] = [f"{c} → {sexo}, {grupo}" for c, (sexo, grupo) in bandas.items()]
    lector = _Lector(
        pedido, plan, campos, bandas, Buscador(plan.municipio, informe, nivel, comun.NO_SE_CARGA), censo, preliminar
    )
    lector.leer(tabla)
    if informe.aceptable:
        _decir_grupos(plan, lector.escritos)
        _totales(plan)
        _comparar(plan)
        _decir_faltantes(plan)
    return plan


def columnas_de_bandas(columnas: list[str]) -> dict[str, tuple[str, str]]:
    """Headers of a wide table, read as (sex, band): hombres_0_19, mujeres 60 y más, varones, 0 a 4 años …"""
    halladas = {}
    for columna in columnas:
        escrito = normalizar(columna.replace("+", " y mas"))
        if escrito in SEXOS and len(escrito) > 1:
            halladas[columna] = (SEXOS[escrito], TOTAL)
        elif (m := _CON_SEXO.fullmatch(escrito)) and _es_grupo(grupo := m[2] or m[3]):
            halladas[columna] = (SEXOS[m[1] or m[4]], edades.como_se_guarda(grupo))
        elif not escrito.isdecimal() and _es_grupo(escrito) and edades.como_se_guarda(escrito) != TOTAL:
            halladas[columna] = (TOTAL, edades.como_se_guarda(escrito))
    return halladas


def _es_grupo(texto: str) -> bool:
    return edades.banda(texto) is not None or edades.como_se_guarda(texto) in {TOTAL, SIN_EDAD}


class _Lector:
    """Turns one row after the other into figures, and remembers how the file writes its bands."""

    def __init__(self, pedido, plan, campos, bandas, buscador, censo, preliminar) -> None:
        self.plan, self.campos, self.bandas, self.buscador = plan, campos, bandas, buscador
        self.censo, self.preliminar = censo, preliminar
        self.sexos = SEXOS | {normalizar(texto): SEXOS.get(v, v) for texto, v in pedido.equivalencias("sexo").items()}
        self.escritos: dict[str, str] = {}

    def leer(self, tabla: Tabla) -> None:
        self._que_es_m({normalizar(f.celdas.get(self.campos.get("sexo", ""))) for f in tabla.filas})
        for fila in tabla.filas if self.plan.informe.aceptable else []:
            self._fila(Celdas(fila, self.campos, self.plan.informe))

    def _que_es_m(self, dichos: set[str]) -> None:
        """«M» is a man beside «F», a woman beside «H»; alone it is not guessed."""
        if "m" not in dichos or "m" in self.sexos:
            return
        es = (
            MUJERES if "h" in dichos and "f" not in dichos else HOMBRES if "f" in dichos and "h" not in dichos else None
        )
        if es is None:
            self.plan.informe.error(
                "«M» puede ser mujeres o masculino.",
                "Dígalo con --valores sexo:M=mujeres (o =hombres).",
                codigo="sexo_m",
            )
            return
        self.sexos["m"] = es
        self.plan.informe.listas["sexo"] = [f"«M» se leyó como {es}"]

    def _fila(self, celdas: Celdas) -> None:
        if celdas.tiene("municipio") and self.plan.municipio is not None:
            comun.exigir_municipio(celdas, self.plan.municipio)
        numero = celdas.fila.numero
        if not celdas.tiene("unidad"):
            celdas.error(
                "unidad", valores.ValorInvalido("no dice de qué unidad son los habitantes.", "Ponga su código.")
            )
            return
        unidad = self.buscador.hallar(
            celdas.crudo("unidad"), celdas.crudo("nivel"), fila=numero, campo=celdas.campos["unidad"]
        )
        if unidad is None:
            return
        self.plan.nombres[unidad.pk] = unidad
        anio = celdas.leer("censo", valores.entero, minimo=1900, maximo=2100) or self.censo
        if anio is None:
            celdas.error(
                "censo", valores.ValorInvalido("la fila no dice el censo.", "Llene la celda o use --censo AÑO.")
            )
            return
        preliminar = self.preliminar or celdas.leer("preliminar", valores.uno_de, SI_NO) == "si"
        sexo = celdas.leer("sexo", valores.uno_de, self.sexos) or TOTAL
        escrito = celdas.leer("grupo_edad", valores.texto, GRUPO_MAXIMO) or TOTAL
        grupo = self.escritos.setdefault(escrito, edades.como_se_guarda(escrito))
        self._anotar(celdas, "personas", (anio, (unidad.pk, sexo, grupo)), preliminar)
        for columna, (de_sexo, banda) in self.bandas.items():
            celdas.campos[columna] = columna
            self._anotar(celdas, columna, (anio, (unidad.pk, de_sexo, banda)), preliminar)

    def _anotar(self, celdas: Celdas, campo: str, clave: tuple[int, Clave], preliminar: bool) -> None:
        personas = celdas.leer(campo, valores.entero)
        if personas is None:
            return
        if self.plan.cifras.get(clave, personas) != personas:
            celdas.error(campo, valores.ValorInvalido("esa cifra ya está, con otro valor.", "Deje una sola."))
            return
        self.plan.cifras[clave] = personas
        if preliminar:
            self.plan.preliminares.add(clave)


def _decir_grupos(plan: Plan, escritos: dict[str, str]) -> None:
    """How each band was read, and which are no ages; bands that share ages, or leave some out."""
    leidos = [f"«{escrito}» → {grupo}" for escrito, grupo in escritos.items() if escrito != grupo]
    if leidos:
        plan.informe.listas["grupos_de_edad"] = leidos
    grupos = {grupo for _anio, (_u, _s, grupo) in plan.cifras} - {TOTAL, SIN_EDAD}
    if sin_edad := sorted(g for g in grupos if edades.banda(g) is None):
        plan.informe.aviso(
            f"no se sabe qué edades son: {', '.join(sin_edad)}; se guardan con ese nombre.",
            "Escriba por ejemplo 0-4, 80 y más, menores de 1.",
            codigo="edad_desconocida",
        )
    for codigo, que, hallar in (
        ("edades_superpuestas", "grupos de edad que se superponen", edades.superpuestas),
        ("edades_que_faltan", "edades que ningún grupo cuenta", edades.faltantes),
    ):
        casos: Counter[str] = Counter()
        for propios in _por_unidad(plan).values():
            hay = [" y ".join(caso) if isinstance(caso, tuple) else str(caso) for caso in hallar(propios)]
            casos.update([", ".join(hay)] if hay else [])
        for caso, cuantas in casos.most_common(NOMBRADAS):
            plan.informe.aviso(
                f"{que}: {caso} (en {cuantas} combinaciones de unidad y sexo).",
                "Las cifras se guardan; su total se toma solo si el archivo lo dice.",
                codigo=codigo,
            )


def _por_unidad(plan: Plan) -> dict[tuple[int, int, str], set[str]]:
    """Bands with ages of each census, unit and sex."""
    grupos: dict[tuple[int, int, str], set[str]] = defaultdict(set)
    for anio, (unidad, sexo, grupo) in plan.cifras:
        if edades.banda(grupo) is not None:
            grupos[anio, unidad, sexo].add(grupo)
    return grupos


def _totales(plan: Plan) -> None:
    """A unit with figures by sex or age and no total gets their sum where they leave nobody out; others are said."""
    guardados = {
        (p.censo, p.unidad_id): p.personas for p in Poblacion.objects.totales().filter(unidad__in=set(plan.nombres))
    }
    distintas, incompletas = [], []
    por_unidad: dict[tuple[int, int], dict[tuple[str, str], int]] = defaultdict(dict)
    for (anio, (unidad, sexo, grupo)), personas in plan.cifras.items():
        por_unidad[anio, unidad][sexo, grupo] = personas
    for (anio, unidad), propias in por_unidad.items():
        total = propias.get((TOTAL, TOTAL), guardados.get((anio, unidad)))
        if total is None:
            suma = _suma_completa(propias)
            if suma is None:
                incompletas.append(plan.nombres[unidad].nombre)
            else:
                clave = (anio, (unidad, TOTAL, TOTAL))
                plan.cifras[clave] = suma
                if any((anio, (unidad, s, g)) in plan.preliminares for s, g in propias):
                    plan.preliminares.add(clave)
        else:
            distintas += [f"{plan.nombres[unidad].nombre}: {que}" for que in _no_cuadra(propias, total)]
    if distintas:
        plan.informe.listas["totales_que_no_cuadran"] = distintas
        plan.informe.aviso(
            f"en {len(distintas)} casos el total no es la suma de sus grupos; se conservan ambos.",
            "Puede haber personas sin edad declarada, o una cifra mal copiada.",
            codigo="total_distinto",
        )
    if incompletas:
        plan.informe.listas["sin_total"] = incompletas
        plan.informe.aviso(
            f"{len(incompletas)} unidades no dicen su total y sus grupos no lo completan: se guardan sin total.",
            "Agregue una columna, o una fila, con el total de personas.",
            codigo="sin_total",
        )


def _suma_completa(propias: dict[tuple[str, str], int], *, con_huecos: bool = False) -> int | None:
    """The whole population that the parts say, None where they overlap or (unless `con_huecos`) leave ages out."""
    if (MUJERES, TOTAL) in propias and (HOMBRES, TOTAL) in propias:
        return propias[MUJERES, TOTAL] + propias[HOMBRES, TOTAL]
    sexos = [TOTAL] if not any(s != TOTAL and g != TOTAL for s, g in propias) else [MUJERES, HOMBRES]
    suma = 0
    for sexo in sexos:
        grupos = {g: n for (s, g), n in propias.items() if s == sexo and g != TOTAL}
        con_edad = [g for g in grupos if edades.banda(g) is not None]
        if not con_edad or edades.superpuestas(con_edad) or (edades.faltantes(con_edad) and not con_huecos):
            return None
        suma += sum(grupos.values())
    # Those without age are often counted once for both sexes.
    return suma + (propias.get((TOTAL, SIN_EDAD), 0) if sexos != [TOTAL] else 0)


def _no_cuadra(propias: dict[tuple[str, str], int], total: int) -> list[str]:
    """What does not add up to the total, in words."""
    dicho = []
    if (MUJERES, TOTAL) in propias and (HOMBRES, TOTAL) in propias:
        suma = propias[MUJERES, TOTAL] + propias[HOMBRES, TOTAL]
        if suma != total:
            dicho.append(f"mujeres y hombres suman {suma} y el total dice {total}")
    de_edades = {clave: n for clave, n in propias.items() if clave[1] != TOTAL}
    por_grupos = _suma_completa(de_edades, con_huecos=True)
    # Bands that leave ages out are fewer than the total by right, never more.
    if por_grupos is not None and (por_grupos > total or _suma_completa(de_edades) not in {None, total}):
        dicho.append(f"los grupos de edad suman {por_grupos} y el total dice {total}")
    for grupo in {g for s, g in propias if s == TOTAL and g != TOTAL}:
        partes = [propias.get((s, grupo)) for s in (MUJERES, HOMBRES)]
        if None not in partes and sum(p or 0 for p in partes) != propias[TOTAL, grupo]:
            dicho.append(f"mujeres y hombres de {grupo} no suman {propias[TOTAL, grupo]}")
    return dicho


def _comparar(plan: Plan) -> None:
    unidades = {clave[0] for _anio, clave in plan.cifras}
    censos = {anio for anio, _clave in plan.cifras}
    guardadas = {
        (p.censo, (p.unidad_id, p.sexo, p.grupo_edad)): p
        for p in Poblacion.objects.filter(unidad__in=unidades, censo__in=censos)
    }
    _reemplazar(plan, guardadas)
    cuentas: Counter[str] = Counter()
    menos_firmes = 0
    for clave, personas in list(plan.cifras.items()):
        anterior = guardadas.get(clave)
        preliminar = clave in plan.preliminares
        igual = anterior is not None and (anterior.personas, anterior.preliminar) == (personas, preliminar)
        cuentas["nuevas" if anterior is None else "iguales" if igual else "cambiadas"] += 1
        menos_firmes += anterior is not None and not anterior.preliminar and preliminar
        if igual:
            del plan.cifras[clave]
    if menos_firmes:
        plan.informe.error(
            f"{menos_firmes} cifras definitivas pasarían a ser preliminares.",
            "Quite --preliminar (o la columna), o cargue el archivo definitivo.",
            codigo="ya_definitiva",
        )
    plan.informe.cuentas |= {nombre: cuentas[nombre] for nombre in ("nuevas", "cambiadas", "iguales")}
    plan.informe.cuentas["unidades_con_cifra"] = len(unidades)


def _reemplazar(plan: Plan, guardadas: dict[tuple[int, Clave], Poblacion]) -> None:
    """Stored bands that share ages with new ones, and are not among them, would count the same people twice."""
    nuevas = _por_unidad(plan)
    for (anio, (unidad, sexo, grupo)), p in guardadas.items():
        if grupo in (propios := nuevas.get((anio, unidad, sexo), set())) or edades.banda(grupo) is None:
            continue
        if any(grupo in par for par in edades.superpuestas({*propios, grupo})):
            plan.sobran.append(p.pk)
    if plan.sobran:
        plan.informe.aviso(
            f"{len(plan.sobran)} cifras guardadas por otros grupos de edad se reemplazan por las del archivo.",
            "Así nadie se cuenta dos veces.",
            codigo="otros_grupos",
        )
        plan.informe.cuentas["reemplazadas"] = len(plan.sobran)


def _decir_faltantes(plan: Plan) -> None:
    """Units of the file's levels, in existence, of which neither it nor an earlier load says the inhabitants."""
    for anio in sorted({anio for anio, _clave in plan.cifras} or {0}):
        con_cifra = {u for a, (u, s, g) in plan.cifras if a == anio and (s, g) == (TOTAL, TOTAL)}
        faltan = list(
            UnidadTerritorial.objects.vigentes()
            .filter(nivel__in={u.nivel_id for u in plan.nombres.values()})
            .filter(Q(municipio=plan.municipio) if plan.municipio else Q(municipio=None))
            .exclude(pk__in=con_cifra)
            .exclude(poblaciones__in=Poblacion.objects.totales().filter(censo=anio))
            .order_by("codigo")
        )
        if not faltan or not anio:
            continue
        plan.informe.listas[f"sin_habitantes_{anio}"] = [f"{u.nombre} ({u.codigo})" for u in faltan]
        plan.informe.aviso(
            f"{len(faltan)} unidades de los niveles del archivo quedan sin habitantes del censo {anio}.",
            "Se mostrarán estimadas, y dirán con qué método.",
            codigo="sin_habitantes",
        )


@transaction.atomic
def escribir(plan: Plan, pedido: PedidoTabla) -> None:
    """Store the plan's figures; all or nothing."""
    if not plan.informe.aceptable:
        raise ValueError("Un plan con errores no se escribe.")
    Poblacion.objects.filter(pk__in=plan.sobran).delete()
    Poblacion.objects.bulk_create(
        [
            Poblacion(
                unidad_id=unidad,
                censo=anio,
                sexo=sexo,
                grupo_edad=grupo,
                personas=personas,
                preliminar=(anio, (unidad, sexo, grupo)) in plan.preliminares,
                fuente=pedido.fuente or plan.informe.archivo,
            )
            for (anio, (unidad, sexo, grupo)), personas in plan.cifras.items()
        ],
        batch_size=2000,
        update_conflicts=True,
        unique_fields=["unidad", "censo", "sexo", "grupo_edad"],
        update_fields=["personas", "preliminar", "fuente"],
    )
    comun.refrescar_cifras(plan.municipio, plan.nombres.values(), plan.informe)
    plan.informe.escrito = True
