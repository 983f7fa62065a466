"""Import of indicators (NBI and its parts, and any other): one figure per row, or one row per unit with a column each."""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import transaction

from territorio.importacion import pedido_tabla as comun
from territorio.importacion import valores
from territorio.importacion.informe import Informe
from territorio.importacion.pedido_tabla import PedidoTabla
from territorio.importacion.tabla import Celdas, Tabla, asignar_columnas, leer_tabla
from territorio.importacion.texto import normalizar
from territorio.importacion.unidades import Buscador
from territorio.models import HABITANTES, Indicador, Medida, UnidadTerritorial
from territorio.models.poblacion import VALOR_MAXIMO

DESTINOS: dict[str, tuple[str, ...]] = {
    "unidad": ("codigo", "comunidad", "distrito", "otb"),
    "nivel": (),
    "anio": ("año", "censo", "gestion"),
    "indicador": ("nombre del indicador", "variable"),
    "valor": ("dato",),
    "medida": ("unidad de medida",),
    "municipio": (),
    # Known, so that they are not taken for indicators.
    "nombre": ("nombre de la unidad",),
}
# Unmet basic needs and its parts, as the census publishes them (dominio.md, section 3).
NBI = "nbi"
PARTES_NBI = {
    "nbi": NBI,
    "pobreza por nbi": NBI,
    "necesidades basicas insatisfechas": NBI,
    "vivienda": "nbi_vivienda",
    "espacios": "nbi_espacios",
    "agua saneamiento": "nbi_agua_saneamiento",
    "agua y saneamiento": "nbi_agua_saneamiento",
    "energia": "nbi_energia",
    "educacion": "nbi_educacion",
    "salud": "nbi_salud",
}
CONOCIDOS = PARTES_NBI | {valor.replace("_", " "): valor for valor in PARTES_NBI.values()}
MEDIDAS = {
    **dict.fromkeys(("porcentaje", "por ciento", "pct", "%"), Medida.PORCENTAJE.value),
    **dict.fromkeys(("por mil", "por_mil", "‰", "tasa por mil"), Medida.POR_MIL.value),
    **dict.fromkeys(("cantidad", "numero", "número", "unidades", "conteo"), Medida.CANTIDAD.value),
    **dict.fromkeys(("indice", "índice", "puntaje"), Medida.INDICE.value),
}
RANGO = {Medida.PORCENTAJE: (0, 100), Medida.POR_MIL: (0, 1000), Medida.CANTIDAD: (0, VALOR_MAXIMO)}
_CON_ANIO = re.compile(r"(.+?) ((?:19|20)\d\d|\d\d)")
DECIMALES = 6

# unit id, name, year
Clave = tuple[int, str, int]


@dataclass
class Dato:
    """A figure as the file says it, and where: its row is named if it cannot be."""

    celdas: Celdas
    campo: str
    clave: Clave
    valor: Decimal
    medida: str = ""


@dataclass
class Plan:
    informe: Informe
    municipio: UnidadTerritorial | None = None
    datos: list[Dato] = field(default_factory=list)
    cifras: dict[Clave, tuple[float, str]] = field(default_factory=dict)
    nombres: dict[int, UnidadTerritorial] = field(default_factory=dict)


def planear(
    pedido: PedidoTabla,
    *,
    anio: int | None = None,
    indicadores: dict[str, str] | None = None,
    medidas: dict[str, str] | None = None,
    simulado: bool = False,
) -> Plan:
    """Read the file and check each figure. Writes nothing.

    `anio` stands for figures that do not say theirs; `indicadores` maps columns to `nombre` or `nombre:año`, where their
    header does not say it; `medidas` maps names to one of `Medida`, where it is neither stored nor plain.
    """
    plan = Plan(Informe("Importación de indicadores", pedido.archivo.name, simulado=simulado))
    informe = plan.informe
    plan.municipio, nivel = comun.resolver_destino(pedido, informe)
    if not informe.aceptable:
        return plan
    tabla = leer_tabla(pedido.archivo, pedido.lectura, informe)
    if not informe.aceptable:
        return plan
    columnas = _columnas(tabla.columnas, pedido, indicadores or {}, anio, informe)
    campos = asignar_columnas(
        Tabla([c for c in tabla.columnas if c not in columnas]), DESTINOS, pedido.columnas, informe
    )
    largo = {"indicador", "valor"} <= set(campos)
    if informe.aceptable and ("unidad" not in campos or not (columnas or largo)):
        informe.error(
            "no se sabe qué columnas traen la unidad y sus indicadores.",
            "Una tabla larga tiene unidad, indicador, anio y valor. En una ancha, diga qué columnas son indicadores con "
            f"--indicadores COLUMNA=nombre:año; hay: {', '.join(tabla.columnas)}.",
            codigo="sin_campos",
        )
    if informe.aceptable:
        lector = _Lector(plan, campos, columnas, Buscador(plan.municipio, informe, nivel, comun.NO_SE_CARGA), anio)
        for fila in tabla.filas:
            lector.fila(Celdas(fila, campos, informe), largo=largo)
    if informe.aceptable:
        _medir(plan, medidas or {})
    if informe.aceptable:
        _comparar(plan)
    return plan


def _columnas(
    columnas: list[str], pedido: PedidoTabla, dichas: dict[str, str], anio: int | None, informe: Informe
) -> dict[str, tuple[str, int | None]]:
    """Columns of a wide table that are indicators: those told, and NBI and its parts by their name (`nbi_12`)."""
    halladas: dict[str, tuple[str, int | None]] = {}
    for columna, destino in dichas.items():
        nombre, _dos, de_anio = destino.partition(":")
        if columna not in columnas:
            informe.error(
                f"el archivo no tiene la columna «{columna}».",
                f"Tiene: {', '.join(columnas)}.",
                codigo="columna_desconocida",
            )
        elif (clave := como_nombre(nombre)) and (not de_anio or (de_anio.isdecimal() and len(de_anio) == 4)):
            halladas[columna] = (clave, int(de_anio) if de_anio else anio)
        else:
            informe.error(
                f"«{destino}» no dice un indicador.",
                "Escriba por ejemplo COLUMNA=nbi:2024.",
                codigo="indicador_desconocido",
            )
    for columna in columnas:
        if columna in halladas or columna in pedido.columnas:
            continue
        escrito = normalizar(columna)
        m = _CON_ANIO.fullmatch(escrito)
        base, cola = (m[1], m[2]) if m else (escrito, "")
        if base in CONOCIDOS:
            halladas[columna] = (CONOCIDOS[base], _anio_de(cola) if cola else anio)
    sin_anio = [columna for columna, (_nombre, de_anio) in halladas.items() if de_anio is None]
    if sin_anio and not any(normalizar(c) in {normalizar(a) for a in ("anio", *DESTINOS["anio"])} for c in columnas):
        informe.error(f"no se sabe de qué año son: {', '.join(sin_anio)}.", "Dígalo con --anio AÑO.", codigo="sin_anio")
    if halladas:
        informe.listas["columnas_de_indicadores"] = [
            f"{columna} → {nombre}, {de_anio or 'el año de la fila'}" for columna, (nombre, de_anio) in halladas.items()
        ]
    return halladas


def _anio_de(cola: str) -> int:
    """A year in full; two digits are of this century up to 2049."""
    return int(cola) if len(cola) == 4 else 2000 + int(cola) if int(cola) < 50 else 1900 + int(cola)


def como_nombre(texto: object) -> str:
    """The name under which an indicator is stored; empty where it cannot be one."""
    escrito = normalizar(texto)
    nombre = CONOCIDOS.get(escrito, escrito.replace(" ", "_"))
    return "" if nombre == HABITANTES or len(nombre) > 60 or not re.fullmatch(r"[a-z0-9_]+", nombre) else nombre


class _Lector:
    """Turns one row after the other into figures."""

    def __init__(self, plan: Plan, campos, columnas, buscador: Buscador, anio: int | None) -> None:
        self.plan, self.campos, self.columnas, self.buscador, self.anio = plan, campos, columnas, buscador, anio
        self.vistas: dict[Clave, Decimal] = {}

    def fila(self, celdas: Celdas, *, largo: bool) -> None:
        if celdas.tiene("municipio") and self.plan.municipio is not None:
            comun.exigir_municipio(celdas, self.plan.municipio)
        if not celdas.tiene("unidad"):
            celdas.error("unidad", valores.ValorInvalido("no dice de qué unidad es la cifra.", "Ponga su código."))
            return
        unidad = self.buscador.hallar(
            celdas.crudo("unidad"), celdas.crudo("nivel"), fila=celdas.fila.numero, campo=celdas.campos["unidad"]
        )
        if unidad is None:
            return
        self.plan.nombres[unidad.pk] = unidad
        de_la_fila = celdas.leer("anio", valores.entero, minimo=1900, maximo=2100) or self.anio
        if largo:
            nombre = como_nombre(celdas.crudo("indicador"))
            medida = celdas.leer("medida", valores.uno_de, MEDIDAS) or ""
            if nombre:
                self._anotar(celdas, "valor", unidad.pk, nombre, de_la_fila, medida)
            elif celdas.tiene("valor"):
                dicho = f"«{celdas.crudo('indicador') or ''}» no puede ser el nombre de un indicador."
                celdas.error(
                    "indicador", valores.ValorInvalido(dicho, "Use letras, números y espacios; habitantes, no.")
                )
        for columna, (nombre, anio) in self.columnas.items():
            celdas.campos[columna] = columna
            self._anotar(celdas, columna, unidad.pk, nombre, anio or de_la_fila, "")

    def _anotar(self, celdas: Celdas, campo: str, unidad: int, nombre: str, anio: int | None, medida: str) -> None:
        valor = celdas.leer(campo, valores.decimal)
        if valor is None:
            return
        if anio is None:
            celdas.error("anio", valores.ValorInvalido("la fila no dice el año.", "Llene la celda o use --anio AÑO."))
            return
        if not medida and str(celdas.crudo(campo)).strip().endswith("%"):
            medida = Medida.PORCENTAJE.value
        clave = (unidad, nombre, anio)
        if clave in self.vistas:
            if self.vistas[clave] != valor:
                celdas.error(campo, valores.ValorInvalido("esa cifra ya está, con otro valor.", "Deje una sola."))
            return
        self.vistas[clave] = valor
        self.plan.datos.append(Dato(celdas, campo, clave, valor, medida))


def _medir(plan: Plan, dichas: dict[str, str]) -> None:
    """Settle what each indicator measures, turn shares of one into percent, and refuse what cannot be, row by row."""
    guardadas = dict(Indicador.objects.order_by().values_list("nombre", "medida").distinct())
    por_nombre: dict[str, list[Dato]] = defaultdict(list)
    for dato in plan.datos:
        por_nombre[dato.clave[1]].append(dato)
    lista = plan.informe.listas.setdefault("medida_de_cada_indicador", [])
    for nombre, datos in sorted(por_nombre.items()):
        medida = _medida_de(nombre, datos, dichas.get(nombre, ""), guardadas.get(nombre, ""), plan.informe)
        if medida is None:
            continue
        factor = _factor(nombre, medida, datos, plan.informe)
        lista.append(
            f"{nombre}: {Medida(medida).label}"
            + (" (venía como parte de 1, se multiplicó por 100)" if factor > 1 else "")
        )
        for dato in datos:
            _aceptar(plan, dato, medida, factor)


def _medida_de(nombre: str, datos: list[Dato], dicha: str, guardada: str, informe: Informe) -> str | None:
    propias = {d.medida for d in datos if d.medida}
    if dicha:
        dicha = MEDIDAS.get(dicha.lower(), "")
        if not dicha:
            informe.error(f"no existe esa medida para {nombre}.", f"Use: {', '.join(Medida.values)}.", codigo="medida")
            return None
        propias = {dicha}
    if nombre in PARTES_NBI.values():
        propias.add(Medida.PORCENTAJE.value)
    elif not propias and guardada:
        propias = {guardada}
    if len(propias) > 1 or (propias and guardada and guardada not in propias):
        dichas = ", ".join(sorted(propias | ({guardada} if guardada else set())))
        informe.error(
            f"{nombre} se mide de dos maneras: {dichas}.",
            "Todas las cifras de un indicador se miden igual: dé otro nombre a las que no.",
            codigo="dos_medidas",
        )
        return None
    if not propias:
        informe.error(
            f"no se sabe qué mide «{nombre}».",
            f"Dígalo con --medidas {nombre}=porcentaje (o por_mil, cantidad, indice).",
            codigo="sin_medida",
        )
        return None
    return propias.pop()


def _factor(nombre: str, medida: str, datos: list[Dato], informe: Informe) -> int:
    """100 where percentages came as shares of 1: all of them at most 1, and not all of them 0 or 1."""
    if medida != Medida.PORCENTAJE or any(str(d.celdas.crudo(d.campo)).strip().endswith("%") for d in datos):
        return 1
    todos = [d.valor for d in datos]
    if len(todos) < 2 or max(todos) > 1 or not any(0 < v < 1 for v in todos):
        return 1
    informe.aviso(
        f"las {len(todos)} cifras de {nombre} van de 0 a 1: se leyeron como partes de 1 y se guardan en %.",
        "Si de verdad son porcentajes menores de 1 %, escríbalos con su signo: 0,4 %.",
        codigo="partes_de_uno",
    )
    return 100


def _aceptar(plan: Plan, dato: Dato, medida: str, factor: int) -> None:
    valor = dato.valor * factor
    minimo, maximo = RANGO.get(Medida(medida), (-VALOR_MAXIMO, VALOR_MAXIMO))
    if not minimo <= valor <= maximo:
        dicho = f"{dato.clave[1]} = {dato.valor} no puede ser: va de {minimo:g} a {maximo:g}."
        dato.celdas.error(dato.campo, valores.ValorInvalido(dicho, "Corrija la celda o déjela vacía."))
        return
    plan.cifras[dato.clave] = (round(float(valor), DECIMALES), medida)


def _comparar(plan: Plan) -> None:
    guardadas = {
        (i.unidad_id, i.nombre, i.anio): (i.valor, i.medida)
        for i in Indicador.objects.filter(unidad__in=plan.nombres, nombre__in={c[1] for c in plan.cifras})
    }
    cuentas: Counter[str] = Counter()
    for clave, cifra in list(plan.cifras.items()):
        anterior = guardadas.get(clave)
        cuentas["nuevas" if anterior is None else "iguales" if anterior == cifra else "cambiadas"] += 1
        if anterior == cifra:
            del plan.cifras[clave]
    plan.informe.cuentas |= {nombre: cuentas[nombre] for nombre in ("nuevas", "cambiadas", "iguales")}
    plan.informe.cuentas["unidades_con_cifra"] = len({d.clave[0] for d in plan.datos})


@transaction.atomic
def escribir(plan: Plan, pedido: PedidoTabla) -> None:
    """Store the plan's figures; all or nothing."""
    if not plan.informe.aceptable:
        raise ValueError("Un plan con errores no se escribe.")
    fuente = pedido.fuente or plan.informe.archivo
    Indicador.objects.bulk_create(
        [
            Indicador(unidad_id=unidad, nombre=nombre, anio=anio, valor=valor, medida=medida, fuente=fuente)
            for (unidad, nombre, anio), (valor, medida) in plan.cifras.items()
        ],
        batch_size=2000,
        update_conflicts=True,
        unique_fields=["unidad", "nombre", "anio"],
        update_fields=["valor", "medida", "fuente"],
    )
    comun.refrescar_cifras(plan.municipio, plan.nombres.values(), plan.informe)
    plan.informe.escrito = True
